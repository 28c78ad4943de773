import type { Client } from '@temporalio/client';

import type { RunWitnesses } from '../oracle/observe-run.ts';
import type { TargetWitnesses } from '../oracle/observe-target.ts';
import type { ChaosStack } from '../stack/chaos-stack.ts';
import type { Striker } from './strikes.ts';

/** What cases are played in. */
export interface World {
  readonly stack: ChaosStack;
  readonly client: Client;
  readonly striker: Striker;
  readonly witnesses: RunWitnesses;
  readonly targetWitnesses: (target: string) => TargetWitnesses;
}

/** A model on a target: cases of one lane come one after the other, cases of several at once. */
export interface Lane {
  readonly model: string;
  readonly target: 'solo' | 'twin';
}
