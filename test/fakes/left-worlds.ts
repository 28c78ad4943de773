import type { FakeWorld, Faults } from './fake-world.ts';
import { createFakeWorld } from './fake-world.ts';

/** Its live version does not load any more: a convergence fails once. */
export function worldOfBrokenLive(): FakeWorld {
  const world = createFakeWorld({ live: [1], fail: { showVersions: 'EngineRejected' }, failures: 1 });
  Object.assign(world.serving, { ready: [] });
  return world;
}

/** Of a deployer that was lost after its switch: everything that a convergence can have to do. */
export function worldLeftBehind(faults: Faults = {}): FakeWorld {
  const world = createFakeWorld({ ...faults, live: [1] });
  Object.assign(world.serving, { ready: [1, 2], published: [2], candidate: 2 });
  world.loseHolder();
  return world;
}
