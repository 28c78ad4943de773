"""The real entry point (document, store, artifact, result), with every stage replaced by one that does nothing."""

import runpy

from windlass_jobs import REAL, stages

stages.STAGES = dict.fromkeys(stages.STAGES, lambda _: "windlass_jobs.no_op:run")
runpy.run_path(str(REAL / "__main__.py"), run_name="__main__")
