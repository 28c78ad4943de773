import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { Page } from 'playwright-core';
import { chromium } from 'playwright-core';

import type { RunStatus } from '../src/contracts/run-status.ts';
import { WindlassClient } from '../src/client/windlass-client.ts';

/*
 * The pictures of the README, taken from the running embedded stack: node scripts/take-screenshots.ts <run>
 * Needs Debian's package chromium. Writes docs/images/.
 */

const images = fileURLToPath(new URL('../docs/images/', import.meta.url));
const browserPath = '/usr/bin/chromium';

interface Shot {
  readonly file: string;
  readonly url: string;
  /** Text that must be there before the picture is taken. */
  readonly until: string;
  readonly height: number;
  readonly prepare?: (page: Page) => Promise<void>;
}

async function shots(runId: string): Promise<Shot[]> {
  const client = await WindlassClient.connect();
  try {
    return shotsOf(await client.status(runId));
  } finally {
    await client.close();
  }
}

function shotsOf(status: RunStatus): Shot[] {
  const { links, runId } = status;
  const workflow = `${links['Temporal'] ?? ''}/namespaces/default/workflows/${encodeURIComponent(runId)}`;
  return [
    {
      file: 'run-in-temporal.png',
      url: workflow,
      until: 'llmPipeline',
      height: 1000,
      prepare: async (page) => page.getByText('User Metadata').first().click(),
    },
    {
      file: 'mlflow-charts.png',
      url: `${links['MLflow'] ?? ''}/model-metrics`,
      until: 'build-engine',
      height: 900,
      prepare: async (page) => page.getByPlaceholder('Search metric charts').fill('train/'),
    },
    { file: 'evaluation-report.png', url: links['report'] ?? '', until: 'Evaluation', height: 1500 },
  ];
}

async function takeShot(page: Page, shot: Shot): Promise<void> {
  await page.setViewportSize({ width: 1400, height: shot.height });
  await page.goto(shot.url, { waitUntil: 'load' });
  await page.getByText(shot.until).first().waitFor({ timeout: 30_000 });
  await shot.prepare?.(page);
  await page.waitForTimeout(4_000);
  await page.screenshot({ path: join(images, shot.file) });
  process.stdout.write(`${shot.file}\n`);
}

const runId = process.argv[2];
if (runId === undefined || !existsSync(browserPath)) {
  throw new Error('usage: node scripts/take-screenshots.ts <run>; needs the Debian package chromium');
}
const profile = mkdtempSync(join(tmpdir(), 'windlass-chromium-'));
const context = await chromium.launchPersistentContext(profile, {
  executablePath: browserPath,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-sync'],
});
try {
  const page = await context.newPage();
  for (const shot of await shots(runId)) await takeShot(page, shot);
} finally {
  await context.close();
  rmSync(profile, { recursive: true, force: true });
}
