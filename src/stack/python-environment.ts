import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { z } from 'zod';
import { StackError } from './stack-error.ts';

/** What Triton and the machine description need to know of `.venv`. */
export interface PythonEnvironment {
  /** `3.11` */
  readonly version: string;
  readonly sitePackages: string;
  /** Directory with `libpython3.x.so.1.0`, which Triton's python backend loads. */
  readonly libpythonDirectory: string;
  readonly runtimeVersions: Readonly<Record<string, string>>;
}

const probe = `
import json, os, sys, sysconfig
from importlib.metadata import version
name = "libpython%d.%d.so.1.0" % sys.version_info[:2]
roots = [sysconfig.get_config_var("LIBDIR") or "", os.path.join(sys.base_prefix, "lib"),
         "/usr/lib/" + (sysconfig.get_config_var("MULTIARCH") or ""), "/usr/lib", "/usr/lib64"]
found = [root for root in roots if os.path.exists(os.path.join(root, name))]
packages = ("openvino", "openvino-genai", "openvino-tokenizers")
print(json.dumps({"version": "%d.%d" % sys.version_info[:2], "sitePackages": sysconfig.get_path("purelib"),
  "libpythonDirectory": found[0] if found else "", "runtimeVersions": {name: version(name) for name in packages}}))`;

const environment = z.object({
  version: z.string(),
  sitePackages: z.string(),
  libpythonDirectory: z.string().min(1),
  runtimeVersions: z.record(z.string(), z.string()),
});

/** @throws StackError where the environment is missing or has no shared libpython. */
export async function probePython(python: string): Promise<PythonEnvironment> {
  try {
    const { stdout } = await promisify(execFile)(python, ['-I', '-c', probe], { timeout: 30_000 });
    return environment.parse(JSON.parse(stdout));
  } catch (cause) {
    const message = `the Python environment at ${python} is missing or incomplete: run "node scripts/bootstrap.mjs", or "windlass doctor" for what is wrong`;
    throw new StackError(message, { cause });
  }
}
