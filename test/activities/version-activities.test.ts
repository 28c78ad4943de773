import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { VersionActivities } from '../../src/activities/version-activities.ts';
import { createVersionActivities } from '../../src/activities/version-activities.ts';
import { createFakeRegistry } from '../fakes/fake-tracking.ts';
import type { StoreLab } from '../fakes/store-lab.ts';
import { openStoreLab } from '../fakes/store-lab.ts';
import { tinySpec } from '../fakes/tiny-spec.ts';

let store: StoreLab;
let activities: VersionActivities;
const registry = createFakeRegistry();
const spec = tinySpec({ model: 'glossary' });

beforeAll(async () => {
  store = await openStoreLab();
  activities = createVersionActivities({ registry, artifacts: store.artifacts });
  await store.writeJson('runs/r/spec.json', { spec, sources: [], baseModel: null });
  await registry.tagVersion('glossary', 1, {
    'windlass.spec.uri': `${store.artifacts.objects.rootUri}/runs/r/spec.json`,
    'windlass.engine.uri': 'file:///store/engine',
    'windlass.engine.digest': 'sha256:e7',
  });
  await registry.tagVersion('glossary', 2, {
    'windlass.spec.uri': `${store.artifacts.objects.rootUri}/runs/r/spec.json`,
  });
});
afterAll(async () => store.remove());

describe('a registered version', () => {
  test('is described with its engine, and with the options and smoke test of the run that made it', async () => {
    expect(await activities.describeVersion({ model: 'glossary', version: 1 })).toEqual({
      engine: { uri: 'file:///store/engine', digest: 'sha256:e7', kind: 'engine' },
      serving: spec.deploy.serving,
      smokeTest: spec.smokeTest,
      probePrompt: 'Define the noun "lighthouse".',
      keepVersions: 1,
      timeouts: spec.timeouts,
    });
  });

  test.each([
    [2, 'version 2 of glossary is not registered with an engine (tag windlass.engine.uri is missing)'],
    [9, 'version 9 of glossary is not registered with an engine (tag windlass.spec.uri is missing)'],
  ])('that cannot go live is NotFound (version %i)', async (version, message) => {
    await expect(activities.describeVersion({ model: 'glossary', version })).rejects.toMatchObject({
      failure: 'NotFound',
      message,
    });
  });
});
