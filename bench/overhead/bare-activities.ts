export const bareTaskQueue = 'bench-bare';

/** The seven activities of the bare workflow: as little as an activity can do. */
export interface BareActivities {
  noOp(stage: number): Promise<number>;
}

export const bareActivities: BareActivities = {
  noOp: async (stage) => stage,
};
