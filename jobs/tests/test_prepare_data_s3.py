"""A job whose base model, sources and output all lie in S3."""

from __future__ import annotations

import json
from pathlib import Path

import obstore

from tests.job_lab import JobLab
from tests.prepare_data_lab import pairs_with_relatives, parameters, source, write_jsonl_file
from tests.s3_lab import NEEDS_S3, new_prefix
from windlass_jobs.contract.artifact import ArtifactRef
from windlass_jobs.contract.publish import publish_artifact
from windlass_jobs.contract.s3_store import connect
from windlass_jobs.contract.store_uri import open_store

pytestmark = NEEDS_S3


def test_the_data_set_has_the_same_digest_in_s3_as_in_a_directory(
    lab: JobLab, tmp_path: Path, tiny_tokenizer: Path
) -> None:
    path = write_jsonl_file(tmp_path / "rows.jsonl", pairs_with_relatives(120, 1))
    local = lab.run("prepare-data", parameters(source(path)), base=lab.publish(tiny_tokenizer, "base-model"))
    prefix = new_prefix("s3", tmp_path)
    base = publish_artifact(open_store(f"{prefix}/base"), tiny_tokenizer, "base-model", {})
    bucket, _, key = f"{prefix}/data/rows.jsonl".removeprefix("s3://").partition("/")
    etag = obstore.put(connect(bucket), key, path)["e_tag"]
    remote = source(path)
    remote["files"] = [{"uri": f"s3://{bucket}/{key}", "size": path.stat().st_size, "etag": etag}]
    document = lab.document("prepare-data", parameters(remote), base=ArtifactRef(base.uri, base.digest))
    document["output"]["uri"] = f"{prefix}/out"
    lab.run_document(document)
    result = json.loads(open_store(f"{prefix}/out").read("result.json") or b"")
    assert result["artifact"]["digest"] == local.digest
