import { expect, test } from 'vitest';

import { mismatches } from '../../src/activities/engine-compatibility.ts';

const machine = {
  runtimeVersions: { openvino: '2026.1.0', 'openvino-genai': '2026.1.0' },
  cpuFeatures: ['avx2', 'fma'],
};

test.each([
  ['the same versions and features', { runtimeVersions: { openvino: '2026.1.0' }, cpuFeatures: ['avx2'] }, []],
  ['nothing said', {}, []],
  ['attributes of another shape', { runtimeVersions: null, cpuFeatures: 'avx2' }, []],
  ['a library that only the build needed', { runtimeVersions: { nncf: '3.0' } }, []],
  [
    'another version',
    { runtimeVersions: { openvino: '2025.4.0', 'openvino-genai': '2026.1.0' } },
    ['built with openvino 2025.4.0, it has 2026.1.0'],
  ],
  [
    'features that are missing',
    { cpuFeatures: ['avx2', 'avx512f', 'amx'] },
    ['it lacks the CPU features avx512f, amx'],
  ],
])('an engine with %s', (_name, attributes, differences) => {
  expect(mismatches(attributes, machine)).toEqual(differences);
});
