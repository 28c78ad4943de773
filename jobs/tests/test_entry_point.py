"""The contract of the entry point: results, exit codes, progress, SIGTERM."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.job_lab import JobLab, use_stage
from windlass_jobs.__main__ import main
from windlass_jobs.contract import ArtifactRef
from windlass_jobs.contract.directory_store import DirectoryStore
from windlass_jobs.contract.failure import EXIT_CODES
from windlass_jobs.contract.resources import resource_failure

JOBS = Path(__file__).parent.parent
STAGES = "tests.stages_for_tests"


def test_a_succeeded_job_leaves_files_manifest_and_result(
    lab: JobLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_stage(monkeypatch, f"{STAGES}:write_two_files")
    ended = lab.run("train", {})
    assert ended.exit_code == 0
    a, b = hashlib.sha256(b"a").hexdigest(), hashlib.sha256(b"b").hexdigest()
    assert (ended.out / "manifest.json").read_text() == (
        '{"attributes":{"ratio":0.123457},"files":['
        f'{{"path":"a.txt","sha256":"{a}","size":1}},{{"path":"folder/b.txt","sha256":"{b}","size":1}}'
        '],"kind":"dataset","schema":"windlass.artifact/v1"}'
    )
    assert ended.result == {
        "schema": "windlass.result/v1",
        "status": "succeeded",
        "artifact": {
            "uri": ended.out.as_uri(),
            "digest": ended.digest,
            "kind": "dataset",
            "sizeBytes": 2,
            "fileCount": 2,
        },
        "summary": {"rows": 2},
        "metrics": {"loss": 1.5},
        "versions": {"lib": "1"},
    }


def test_progress_lines_name_their_time_and_what_is_not_a_number(
    lab: JobLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_stage(monkeypatch, f"{STAGES}:write_two_files")
    line = lab.run("train", {}).progress[0]
    assert abs(line.pop("timeMs") / 1000 - time.time()) < 60
    expected = {
        "phase": "work",
        "step": 1,
        "totalSteps": 2,
        "message": "half way",
        "metrics": {"loss": "NaN"},
    }
    assert line == expected


def test_a_job_with_a_result_does_nothing_again(lab: JobLab, monkeypatch: pytest.MonkeyPatch) -> None:
    use_stage(monkeypatch, f"{STAGES}:write_two_files")
    document = lab.document("train", {})
    first = lab.run_document(document).result
    use_stage(monkeypatch, f"{STAGES}:crash")
    again = lab.run_document(document)
    assert (again.exit_code, again.result) == (0, first)


def test_a_job_with_a_failed_result_ends_with_its_code_again(
    lab: JobLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_stage(monkeypatch, f"{STAGES}:fail_as_parameters_say")
    document = lab.document("train", {"failure": "IncompatibleEnvironment"})
    assert lab.run_document(document).exit_code == 68
    use_stage(monkeypatch, f"{STAGES}:write_two_files")
    assert lab.run_document(document).exit_code == 68


def test_a_job_killed_between_manifest_and_result_is_finished(
    lab: JobLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_stage(monkeypatch, f"{STAGES}:write_two_files")
    document = lab.document("train", {})
    first = lab.run_document(document)
    (first.out / "result.json").unlink()
    document["jobName"] = "train-again"
    assert lab.run_document(document).result["artifact"]["digest"] == first.digest


def test_what_a_killed_job_left_in_its_scratch_is_not_published(
    lab: JobLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_stage(monkeypatch, f"{STAGES}:write_two_files")
    document = lab.document("train", {})
    leftover = Path(lab.environment(document)["WINDLASS_WORK"]) / "out" / "torn.txt"
    leftover.parent.mkdir()
    leftover.write_text("torn")
    assert lab.run_document(document).result["artifact"]["fileCount"] == 2


def test_another_artifact_in_the_output_is_left_as_it_is(
    lab: JobLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_stage(monkeypatch, f"{STAGES}:write_two_files")
    document = lab.document("train", {})
    out = Path(document["output"]["uri"].removeprefix("file://"))
    out.mkdir(parents=True)
    (out / "manifest.json").write_text("{}")
    assert lab.run_document(document).exit_code == 70
    assert sorted(path.name for path in out.iterdir()) == ["manifest.json"]


@pytest.mark.parametrize(
    ("name", "code"), [entry for entry in EXIT_CODES.items() if entry[0] not in ("Preempted", "JobCrashed")]
)
def test_a_named_failure_has_its_exit_code_and_stands_in_the_result(
    lab: JobLab, monkeypatch: pytest.MonkeyPatch, name: str, code: int
) -> None:
    use_stage(monkeypatch, f"{STAGES}:fail_as_parameters_say")
    ended = lab.run("train", {"failure": name})
    assert ended.exit_code == code
    assert ended.failure == {
        "name": name,
        "message": "it went wrong",
        "details": {"row": 3},
        "advice": "Do better.",
    }


@pytest.mark.parametrize(
    ("function", "parameters", "code"),
    [
        ("crash", {}, 70),
        ("write_nothing", {}, 70),
        ("fail_as_parameters_say", {"failure": "JobCrashed"}, 70),
        ("fail_as_parameters_say", {"failure": "Unheard"}, 70),
        ("fail_as_parameters_say", {"failure": "Preempted"}, 75),
        ("stop_itself", {}, 75),
    ],
)
def test_what_may_be_retried_leaves_no_result(
    lab: JobLab, monkeypatch: pytest.MonkeyPatch, function: str, parameters: dict[str, str], code: int
) -> None:
    use_stage(monkeypatch, f"{STAGES}:{function}")
    ended = lab.run("train", parameters)
    assert ended.exit_code == code
    assert not (ended.out / "result.json").exists()


def test_a_full_disk_is_a_failure_with_a_name(lab: JobLab, monkeypatch: pytest.MonkeyPatch) -> None:
    use_stage(monkeypatch, f"{STAGES}:write_too_much")
    ended = lab.run("train", {})
    assert (ended.exit_code, ended.failure["name"]) == (74, "StorageFull")
    assert "No space left on device" in ended.failure["message"]


@pytest.mark.parametrize("of", ["python", "torch", "the system"])
def test_want_of_memory_is_a_failure_with_a_name(
    lab: JobLab, monkeypatch: pytest.MonkeyPatch, of: str
) -> None:
    use_stage(monkeypatch, f"{STAGES}:ask_too_much")
    ended = lab.run("train", {"of": of})
    assert (ended.exit_code, ended.failure["name"]) == (71, "OutOfMemory")


def test_a_disk_too_full_for_the_result_still_has_its_exit_code(
    lab: JobLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write_nowhere(_self: DirectoryStore, _name: str, _data: bytes) -> bool:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    use_stage(monkeypatch, f"{STAGES}:write_too_much")
    monkeypatch.setattr(DirectoryStore, "create", write_nowhere)
    ended = lab.run("train", {})
    assert ended.exit_code == 74
    assert not (ended.out / "result.json").exists()


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (RuntimeError("I/O error: No space left on device (os error 28)"), "StorageFull"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "StorageFull"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), "OutOfMemory"),
        (RuntimeError("std::bad_alloc"), "OutOfMemory"),
        (OSError(errno.EACCES, "Permission denied"), None),
        (RuntimeError("a defect"), None),
    ],
)
def test_the_cause_decides_whatever_was_raised_over_it(error: Exception, name: str | None) -> None:
    raised = ValueError("cannot write the shard")
    raised.__cause__ = error
    failure = resource_failure(raised)
    assert (failure.name if failure else None) == name


def test_sigterm_lets_a_stage_save_a_checkpoint_and_end_with_75(lab: JobLab, tmp_path: Path) -> None:
    document = lab.document("train", {"ready": str(tmp_path / "ready")})
    document["checkpoints"] = (tmp_path / "checkpoints").as_uri()
    program = (
        "import sys, os; from windlass_jobs import stages, __main__ as entry;"
        f"stages.STAGES = {{'train': lambda _: '{STAGES}:save_and_stop'}};"
        "sys.exit(entry.main(['train'], os.environ))"
    )
    environment = {**os.environ, **lab.environment(document), "PYTHONPATH": str(JOBS)}
    with subprocess.Popen([sys.executable, "-c", program], env=environment) as process:
        while not (tmp_path / "ready").exists() and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 75
    assert len(list((tmp_path / "checkpoints").rglob("manifest.json"))) == 1


class TestInputs:
    """Inputs are verified before a stage sees them."""

    @pytest.fixture
    def data(self, lab: JobLab, tmp_path: Path) -> ArtifactRef:
        folder = tmp_path / "data"
        folder.mkdir()
        (folder / "text.txt").write_text("some text")
        return lab.publish(folder, "dataset")

    @pytest.fixture(autouse=True)
    def _stage(self, monkeypatch: pytest.MonkeyPatch) -> None:
        use_stage(monkeypatch, f"{STAGES}:read_input")

    def test_a_whole_one_is_read(self, lab: JobLab, data: ArtifactRef) -> None:
        ended = lab.run("train", {}, data=data)
        assert (ended.out / "text.txt").read_text() == "some text"
        assert json.loads((ended.out / "manifest.json").read_bytes())["attributes"] == {"from": "dataset"}

    def test_one_that_the_document_does_not_name_is_missing(self, lab: JobLab) -> None:
        ended = lab.run("train", {})
        assert (ended.exit_code, ended.failure["name"]) == (66, "MissingInput")

    def test_one_without_manifest_is_missing(self, lab: JobLab, data: ArtifactRef) -> None:
        (self._folder(data) / "manifest.json").unlink()
        assert lab.run("train", {}, data=data).exit_code == 66

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"some Text", "file text.txt has sha256"),
            (b"some", "file text.txt has 4 bytes, expected 9"),
            (None, "file text.txt is missing"),
        ],
    )
    def test_one_with_other_bytes_is_corrupt(
        self, lab: JobLab, data: ArtifactRef, content: bytes | None, message: str
    ) -> None:
        path = self._folder(data) / "text.txt"
        path.unlink()
        if content is not None:
            path.write_bytes(content)
        ended = lab.run("train", {}, data=data)
        assert (ended.exit_code, ended.failure["name"]) == (67, "CorruptArtifact")
        assert message in ended.failure["message"]
        assert ended.failure["details"]["file"] == "text.txt"

    def test_one_with_another_manifest_is_corrupt(self, lab: JobLab, data: ArtifactRef) -> None:
        manifest = self._folder(data) / "manifest.json"
        manifest.write_bytes(manifest.read_bytes() + b" ")
        assert "manifest.json has digest" in lab.run("train", {}, data=data).failure["message"]

    def test_one_whose_files_lie_outside_is_corrupt(self, lab: JobLab, data: ArtifactRef) -> None:
        manifest = self._folder(data) / "manifest.json"
        forged = manifest.read_bytes().replace(b'"text.txt"', b'"../text.txt"')
        manifest.write_bytes(forged)
        ref = ArtifactRef(data.uri, f"sha256:{hashlib.sha256(forged).hexdigest()}", data.kind)
        assert "leaves the artifact" in lab.run("train", {}, data=ref).failure["message"]

    def _folder(self, ref: ArtifactRef) -> Path:
        return Path(ref.uri.removeprefix("file://"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": "windlass.job/v2"}, "schema and contract version ('windlass.job/v2', 1)"),
        ({"contractVersion": 2}, "this image understands ('windlass.job/v1', 1)"),
        ({"output": {"uri": "ftp://host/x", "kind": "dataset"}}, "cannot open 'ftp://host/x'"),
        ({"inputs": {"data": {"uri": "file:///x"}}}, "needs a text 'digest'"),
        ({"stage": "convert"}, "the job document is for stage 'convert', asked for 'train'"),
    ],
)
def test_a_wrong_job_document_is_a_wrong_configuration(
    lab: JobLab, capsys: pytest.CaptureFixture[str], change: dict[str, object], message: str
) -> None:
    environment = lab.environment({**lab.document("train", {}), **change})
    assert main(["train"], environment) == 64
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("stage", "parameters", "message"),
    [
        ("fly", {}, "there is no stage 'fly'; known are prepare-data, train,"),
        ("convert", {"runtime": "onnx"}, "parameters.runtime is 'onnx'; this image has openvino"),
        ("build-engine", {}, "parameters.runtime is None; this image has openvino"),
    ],
)
def test_unknown_stages_and_runtimes_name_the_known_ones(
    lab: JobLab, stage: str, parameters: dict[str, str], message: str
) -> None:
    ended = lab.run(stage, parameters)
    assert ended.exit_code == 64
    assert message in ended.failure["message"]


def test_a_missing_variable_or_document_is_said(lab: JobLab, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train"], {}) == 64
    assert "WINDLASS_JOB is not set" in capsys.readouterr().err
    assert main(["train"], {"WINDLASS_JOB": "/nowhere/job.json", "WINDLASS_WORK": str(lab.root)}) == 66
    assert main([], {}) == 64
    assert "usage: python -m windlass_jobs <prepare-data |" in capsys.readouterr().err
