"""What the Triton model reads before it loads an engine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from windlass_jobs.openvino_runtime.triton_model.pipeline import blob_cache_dir
from windlass_jobs.openvino_runtime.triton_model.settings import (
    EngineInfo,
    EngineLimits,
    check_compatible,
    machine_cpu_features,
    read_engine_info,
    read_serving_options,
)

LIMITS = EngineLimits(max_input_tokens=128, max_output_tokens=32)
INFO = EngineInfo(LIMITS, {}, {"openvino": "2026.4.1"}, ("avx2", "amx_int8"))


def serving(directory: Path, body: Any) -> Path:
    (directory / "serving.json").write_text(body if isinstance(body, str) else json.dumps(body))
    return directory


def test_options_of_a_deployment_are_taken_as_they_are(tmp_path: Path) -> None:
    body = {"maxNewTokens": 8, "cacheSizeGb": 2, "maxConcurrent": 4, "threads": 3}
    options = read_serving_options(serving(tmp_path, body), LIMITS)
    assert vars(options) == {"max_new_tokens": 8, "cache_size_gb": 2, "max_concurrent": 4, "threads": 3}


def test_without_serving_json_the_limits_of_the_engine_hold(tmp_path: Path) -> None:
    assert read_serving_options(tmp_path, LIMITS).max_new_tokens == 32


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"threads": "two"}, '"threads" is "two"; wanted a whole number from 1 to 1024'),
        ({"threads": 0}, '"threads" is 0'),
        ({"cacheSizeGb": 1.5}, '"cacheSizeGb" is 1.5'),
        ({"maxConcurrent": True}, '"maxConcurrent" is true'),
        ({"maxNewTokens": 33}, '"maxNewTokens" is 33; wanted a whole number from 1 to 32'),
        ({"maxNewToken": 8}, 'unknown key "maxNewToken"; known are maxNewTokens'),
        ([], "found list; wanted an object"),
        ("{", "not JSON"),
    ],
)
def test_a_bad_option_is_refused_by_name(tmp_path: Path, body: Any, message: str) -> None:
    with pytest.raises(ValueError, match=r"serving\.json") as raised:
        read_serving_options(serving(tmp_path, body), LIMITS)
    assert message in str(raised.value)


def test_a_directory_without_engine_json_is_no_engine(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is missing: this is no Windlass engine"):
        read_engine_info(tmp_path)


def test_an_engine_of_another_runtime_is_refused(tmp_path: Path) -> None:
    (tmp_path / "engine.json").write_text('{"schema": "windlass.engine/v1", "runtime": "tensorrt-llm"}')
    with pytest.raises(ValueError, match="is no OpenVINO engine"):
        read_engine_info(tmp_path)


def test_another_openvino_is_refused_with_both_versions() -> None:
    with pytest.raises(ValueError, match=r"built for openvino 2026\.4\.1, this server has 2025\.1\.0"):
        check_compatible(INFO, {"openvino": "2025.1.0"}, INFO.cpu_features)


def test_a_cpu_that_lacks_a_feature_is_refused_by_its_name() -> None:
    with pytest.raises(ValueError, match="built on a CPU with amx_int8, which this machine lacks"):
        check_compatible(INFO, INFO.runtime_versions, ("avx2",))


def test_a_cpu_with_more_features_is_accepted() -> None:
    check_compatible(INFO, INFO.runtime_versions, ("avx2", "avx512f", "amx_int8"))


def test_only_features_that_choose_kernels_are_read() -> None:
    cpuinfo = "processor : 0\nmodel name : x\nflags : fpu avx2 sse amx_int8\nflags : fpu\n"
    assert machine_cpu_features(cpuinfo) == ("avx2", "amx_int8")


def test_blobs_of_another_openvino_lie_in_another_directory(tmp_path: Path) -> None:
    other = EngineInfo(LIMITS, {}, {"openvino": "2027.1.0"}, INFO.cpu_features)
    mine, theirs = blob_cache_dir(INFO, str(tmp_path)), blob_cache_dir(other, str(tmp_path))
    assert mine is not None
    assert mine.is_dir()
    assert mine != theirs
    assert blob_cache_dir(INFO, None) is None
