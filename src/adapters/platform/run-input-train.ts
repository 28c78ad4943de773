import { choiceOf, closedObject, integerField, numberField, requiredInteger, textOf } from './schema-fields.ts';

const lora = closedObject({
  rank: integerField({ from: 1, to: 1024, preset: 8, about: 'Rank of the adapters.' }),
  alpha: integerField({ from: 1, to: 4096, preset: 16, about: 'Scale of the adapters.' }),
  dropout: numberField({ from: 0, to: 0.9, preset: 0, about: 'Dropout on the adapters.' }),
  targets: textOf(1, 500)
    .default('all-linear')
    .describe('Modules that get adapters: all-linear, or names parted by commas.'),
});

const scratch = closedObject({
  vocabSize: requiredInteger({
    from: 260,
    to: 1_000_000,
    about: 'Tokens of the tokenizer that is trained on the data.',
  }),
  hiddenSize: requiredInteger({ from: 8, to: 65_536, about: 'Width; a multiple of twice the heads.' }),
  layers: requiredInteger({ from: 1, to: 512, about: 'Transformer blocks.' }),
  heads: requiredInteger({ from: 1, to: 512, about: 'Attention heads.' }),
  intermediateSize: requiredInteger({ from: 8, to: 262_144, about: 'Width of the feed-forward layers.' }),
});

export const trainSchema = closedObject({
  method: choiceOf(['none', 'lora', 'full', 'scratch'])
    .default('lora')
    .describe('none: the base model as it is; lora: adapters, merged; full: all weights; scratch: a new model.'),
  steps: integerField({ from: 1, to: 10_000_000, preset: 60, about: 'Optimizer steps.' }),
  batchSize: integerField({ from: 1, to: 65_536, preset: 8, about: 'Rows per step.' }),
  learningRate: numberField({ from: 1e-9, to: 1, preset: 2e-4, about: 'Peak learning rate.' }),
  warmupSteps: integerField({ from: 0, to: 10_000_000, preset: 5, about: 'Steps until the peak; at most steps.' }),
  weightDecay: numberField({ from: 0, to: 1, preset: 0, about: 'AdamW weight decay.' }),
  gradientClip: numberField({ from: 0, to: 1000, preset: 1, about: 'Largest gradient norm; 0 = off.' }),
  seed: integerField({ from: 0, to: 4_294_967_295, preset: 17, about: 'Same seed and inputs, same bytes.' }),
  threads: integerField({ from: 1, to: 1024, preset: 2, about: 'CPU threads; part of what makes bytes equal.' }),
  maxTokens: integerField({ from: 8, to: 131_072, preset: 512, about: 'Longest row in tokens.' }),
  lora: lora.prefault({}).describe('Used by method lora.'),
  scratch: scratch.nullable().default(null).describe('Used and needed by method scratch.'),
  checkpointEvery: integerField({ from: 1, to: 10_000_000, preset: 20, about: 'Steps between training checkpoints.' }),
  validateEvery: integerField({ from: 1, to: 10_000_000, preset: 20, about: 'Steps between validations.' }),
  validationItems: integerField({ from: 1, to: 1_000_000, preset: 64, about: 'Rows per validation.' }),
  divergence: closedObject({
    maxLoss: numberField({ from: 0.1, to: 1e9, preset: 50, about: 'A training loss above it ends the job.' }),
    noProgressSteps: integerField({
      from: 0,
      to: 10_000_000,
      preset: 0,
      about: 'Steps without a better loss that end the job; 0 = off.',
    }),
  }).prefault({}),
}).describe('How the model is trained.');
