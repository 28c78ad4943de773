"""A real Triton on loopback for tests of the Triton model; gRPC through NVIDIA's client."""

from __future__ import annotations

import json
import os
import queue
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import numpy as np
import tritonclient.grpc as triton

START_SECONDS = 60.0
CONFIG: dict[str, Any] = {
    "backend": "python",
    "max_batch_size": 0,
    "input": [
        {"name": "text_input", "data_type": "TYPE_STRING", "dims": [1]},
        {"name": "max_tokens", "data_type": "TYPE_INT32", "dims": [1], "optional": True},
        {"name": "temperature", "data_type": "TYPE_FP32", "dims": [1], "optional": True},
        {"name": "stream", "data_type": "TYPE_BOOL", "dims": [1], "optional": True},
    ],
    "output": [
        {"name": "text_output", "data_type": "TYPE_STRING", "dims": [1]},
        {"name": "token_count", "data_type": "TYPE_INT32", "dims": [1]},
        {"name": "cum_log_probs", "data_type": "TYPE_FP32", "dims": [1]},
        {"name": "finish_reason", "data_type": "TYPE_STRING", "dims": [1]},
    ],
    "instance_group": [{"kind": "KIND_CPU", "count": 1}],
    "model_transaction_policy": {"decoupled": True},
}


class TritonServer:
    """Explicit model control, python backend only. `repository` is empty at the start."""

    def __init__(self, root: Path) -> None:
        self.repository = root / "repository"
        self.repository.mkdir(parents=True)
        self.log = root / "triton.log"
        self._port, ports = _free_ports()
        command = [*_command(root), f"--model-repository={self.repository}", *ports]
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                command, env=_environment(), stdout=log, stderr=log, start_new_session=True
            )
        self.client = self.connect()
        self._wait_until_live()

    def connect(self) -> Any:
        """A channel of its own."""
        return triton.InferenceServerClient(f"127.0.0.1:{self._port}")

    def load(self, model: str, versions: list[int]) -> None:
        """Loads exactly these versions; raises with Triton's message."""
        policy = {"specific": {"versions": versions}}
        config = {"name": model, **CONFIG, "version_policy": policy}
        self.client.load_model(model, config=json.dumps(config))

    def ask(self, model: str, **inputs: Any) -> list[dict[str, Any]]:
        """All responses to one request on a stream of its own."""
        with closing(self.connect()) as client:
            answers: queue.Queue[Any] = queue.Queue()
            client.start_stream(lambda result, error: answers.put((result, error)))
            client.async_stream_infer(model, _tensors(inputs), enable_empty_final_response=True)
            responses = [_response(answers)]
            while not (responses[-1].get("final") or responses[-1].get("error")):
                responses.append(_response(answers))
            client.stop_stream()
            return responses

    def leave(self, model: str, **inputs: Any) -> None:
        """Sends a request and goes away after the first response."""
        client = self.connect()
        answers: queue.Queue[Any] = queue.Queue()
        client.start_stream(lambda result, error: answers.put((result, error)))
        client.async_stream_infer(model, _tensors(inputs))
        answers.get(timeout=30)
        client.stop_stream(cancel_requests=True)
        client.close()

    def stop(self) -> None:
        """Ends the server and its model processes."""
        self.client.close()
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def _wait_until_live(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            with suppress(triton.InferenceServerException):
                if self.client.is_server_live():
                    return
            time.sleep(0.1)
        raise RuntimeError(f"Triton did not start: {self.log.read_text(errors='replace')[-2000:]}")


def _command(root: Path) -> list[str]:
    import pytriton  # noqa: PLC0415 - only where it finds the server

    packaged = Path(pytriton.__file__).parent / "tritonserver"
    tree = root / "tritonserver"
    shutil.copytree(packaged, tree, symlinks=True)
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    stub = tree / "python_backend_stubs" / python / "triton_python_backend_stub"
    shutil.copy(stub, tree / "backends" / "python")
    return [
        str(tree / "bin" / "tritonserver"),
        f"--backend-directory={tree / 'backends'}",
        "--model-control-mode=explicit",
        "--strict-readiness=false",
        f"--backend-config=python,shm-region-prefix-name=windlass-pytest-{os.getpid()}",
    ]


def _environment() -> dict[str, str]:
    packages = Path(sysconfig.get_paths()["purelib"])
    libraries = [str(packages / "nvidia_pytriton.libs"), str(sysconfig.get_config_var("LIBDIR"))]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "LD_LIBRARY_PATH": os.pathsep.join(libraries), "PATH": path}


def _free_ports() -> tuple[int, list[str]]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
    ports: list[int] = [found.getsockname()[1] for found in sockets]
    for found in sockets:
        found.close()
    names = ("grpc", "http", "metrics")
    flags = [f"--{name}-port={port}" for name, port in zip(names, ports, strict=True)]
    return ports[0], [*flags, *(f"--{name}-address=127.0.0.1" for name in names)]


def _tensors(inputs: dict[str, Any]) -> list[Any]:
    types = {
        "text_input": ("BYTES", np.object_),
        "max_tokens": ("INT32", np.int32),
        "temperature": ("FP32", np.float32),
        "stream": ("BOOL", np.bool_),
    }
    tensors = []
    for name, value in inputs.items():
        kind, dtype = types[name]
        tensor = triton.InferInput(name, [1], kind)
        tensor.set_data_from_numpy(np.array([value.encode() if name == "text_input" else value], dtype=dtype))
        tensors.append(tensor)
    return tensors


def _response(answers: queue.Queue[Any]) -> dict[str, Any]:
    result, error = answers.get(timeout=60)
    if error is not None:
        return {"error": error.message()}
    response = result.get_response()
    outputs = ("text_output", "token_count", "cum_log_probs", "finish_reason")
    values = {name: result.as_numpy(name)[0] for name in outputs}
    return {
        "text": values["text_output"].decode(),
        "tokens": int(values["token_count"]),
        "log_probs": float(values["cum_log_probs"]),
        "finish_reason": values["finish_reason"].decode(),
        "version": response.model_version,
        "final": response.parameters["triton_final_response"].bool_param,
    }
