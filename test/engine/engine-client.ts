/** The engine process as bundled, over its real protocol. */
import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import {
  type CancellationToken,
  CancellationTokenSource,
  createMessageConnection,
  IPCMessageReader,
  IPCMessageWriter,
  type MessageConnection,
} from 'vscode-jsonrpc/node';
import type { CompletionFigures, ModelFigures } from '../../extension/protocol/figures.ts';
import * as protocol from '../../extension/protocol/requests.ts';
import { embeddedModelPath, root } from './model.ts';

export const engineScript = join(root, 'dist', 'engine.cjs');

export const loadParams: protocol.LoadModelParams = {
  path: embeddedModelPath(),
  decoder: 'auto',
  mode: 'auto',
  hotThreshold: 0.5,
  contextLength: 2048,
  threads: 2,
};

/** Broken off where nearly any model of code goes on: inside an expression, and a block has to follow. */
export const unfinished = {
  prefix: 'import os\nimport sys\n\n\ndef main(arguments):\n    for argument in',
  suffix: '\n',
};

export const completeParams: protocol.CompleteParams = {
  ...unfinished,
  maxTokens: 16,
  maxLines: 4,
  maxMilliseconds: 0,
  temperature: 0,
  seed: 0,
};

export class EngineClient {
  readonly child: ChildProcess;
  readonly progress: protocol.LoadProgressParams[] = [];
  readonly logs: protocol.LogParams[] = [];
  readonly statistics: CompletionFigures[] = [];
  readonly partial: protocol.PartialTextParams[] = [];
  readonly profileProgress: protocol.ProfileProgressParams[] = [];
  readonly exited: Promise<number | NodeJS.Signals | null>;
  readonly #connection: MessageConnection;

  /** @param storage folder where the engine may keep files */
  constructor(storage?: string) {
    this.child = fork(engineScript, storage === undefined ? [] : [storage], {
      execArgv: [],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.exited = new Promise((resolve) => {
      this.child.once('exit', (code, signal) => {
        resolve(signal ?? code);
      });
    });
    this.#connection = createMessageConnection(
      new IPCMessageReader(this.child),
      new IPCMessageWriter(this.child),
    );
    const keep =
      <Value>(list: Value[]) =>
      (value: Value) => {
        list.push(value);
      };
    this.#connection.onNotification(protocol.LoadProgress, keep(this.progress));
    this.#connection.onNotification(protocol.Log, keep(this.logs));
    this.#connection.onNotification(protocol.Statistics, keep(this.statistics));
    this.#connection.onNotification(protocol.PartialText, keep(this.partial));
    this.#connection.onNotification(protocol.ProfileProgress, keep(this.profileProgress));
    this.#connection.listen();
  }

  static async withModel(params: Partial<protocol.LoadModelParams> = {}): Promise<EngineClient> {
    const client = new EngineClient();
    await client.load(params);
    return client;
  }

  async load(params: Partial<protocol.LoadModelParams> = {}): Promise<ModelFigures> {
    return await this.#connection.sendRequest(protocol.LoadModel, { ...loadParams, ...params });
  }

  async complete(
    params: Partial<protocol.CompleteParams> = {},
    token?: CancellationToken,
  ): Promise<protocol.CompleteResult> {
    const request = { ...completeParams, ...params };
    return await this.#connection.sendRequest(protocol.Complete, request, token);
  }

  attend(params: protocol.AttendParams): void {
    void this.#connection.sendNotification(protocol.Attend, params);
  }

  tell(others: protocol.OtherFilesParams): void {
    void this.#connection.sendNotification(protocol.OtherFiles, others);
  }

  async profile(
    params: protocol.ProfileParams,
    token?: CancellationToken,
  ): Promise<protocol.ProfileResult | null> {
    return await this.#connection.sendRequest(protocol.Profile, params, token);
  }

  async neurons(): Promise<protocol.NeuronsResult> {
    return await this.#connection.sendRequest(protocol.Neurons);
  }

  async firing(watch: boolean): Promise<protocol.FiringResult | null> {
    return await this.#connection.sendRequest(protocol.Firing, { watch });
  }

  async foretell(settings: protocol.NeuronSettings): Promise<protocol.Foretold | null> {
    return await this.#connection.sendRequest(protocol.Foretell, settings);
  }

  async shutdown(): Promise<void> {
    await this.#connection.sendRequest(protocol.Shutdown);
    await this.exited;
  }

  /** Ends the process whatever it does, for cleaning up. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exited;
    this.#connection.dispose();
  }
}

/** A completion is computed to its end. What the model says there, if anything, is its own affair. */
export async function assertAnswers(engine: EngineClient): Promise<void> {
  const { promptTokens, stopReason } = await engine.complete();
  assert.ok(promptTokens > 0);
  assert.notEqual(stopReason, 'cancelled');
}

export function cancellation(): CancellationTokenSource {
  return new CancellationTokenSource();
}

/** The result and how long it took, in milliseconds. */
export async function timed<Value>(run: () => Promise<Value>): Promise<{ value: Value; ms: number }> {
  const start = performance.now();
  const value = await run();
  return { value, ms: performance.now() - start };
}

/**
 * Code that no tokenizer compresses away.
 * @param name in every line: texts of different names share no prompt
 */
export function longCode(functions: number, name = 'compute'): string {
  return Array.from(
    { length: functions },
    (_, index) =>
      `def ${name}_${index}(first, second):\n    return first * ${index} + second - ${index * 7919}\n\n`,
  ).join('');
}
