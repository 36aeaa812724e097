/** One engine process and the connection to it; it never comes back once it has ended. */
import { type ChildProcess, fork } from 'node:child_process';
import {
  type CancellationToken,
  CancellationTokenSource,
  createMessageConnection,
  IPCMessageReader,
  IPCMessageWriter,
  type MessageConnection,
  ResponseError,
} from 'vscode-jsonrpc/node';
import type { CompletionFigures, ModelFigures } from '../../protocol/figures.ts';
import * as protocol from '../../protocol/requests.ts';
import type { ServerLink } from '../server/server-link.ts';
import { Listeners } from './listeners.ts';

export interface EngineProcessEvents {
  readonly onLog: (line: protocol.LogParams) => void;
  readonly onStatistics: (figures: CompletionFigures) => void;
  readonly onLoadProgress: (fraction: number) => void;
  /** Another model answers from now on than the one that was loaded. */
  readonly onModelChanged: (model: ModelFigures) => void;
  /** @param reason one line: exit code or signal */
  readonly onExit: (reason: string) => void;
}

const noServer: ServerLink = () => Promise.reject(new Error('there is none'));

/** How long a process may take to end by itself. */
const graceMs = 1_000;

export class EngineProcess {
  readonly #child: ChildProcess;
  readonly #connection: MessageConnection;
  readonly #ended = new Listeners<void>();
  readonly #streams = new Map<string, (text: string) => void>();
  #lastStream = 0;
  #hasEnded = false;
  #isKilled = false;

  /**
   * @param script path of `engine.cjs`; run by this very executable, which in VS Code is Electron
   * @param storage folder where the engine may keep files
   * @param link sends what the engine asks of a server; none is asked when left out
   */
  constructor(script: string, storage: string, events: EngineProcessEvents, link: ServerLink = noServer) {
    this.#child = fork(script, [storage], {
      env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#connection = createMessageConnection(
      new IPCMessageReader(this.#child),
      new IPCMessageWriter(this.#child),
    );
    this.#connection.onRequest(protocol.SendToServer, (params, token) => this.#send(link, params, token));
    this.#listen(events);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  async load(params: protocol.LoadModelParams): Promise<ModelFigures> {
    return await this.#connection.sendRequest(protocol.LoadModel, params);
  }

  /** @param onText called with each piece of text as it is generated, untrimmed; none comes after the result */
  async complete(
    params: protocol.CompleteParams,
    token: CancellationToken,
    onText?: (text: string) => void,
  ): Promise<protocol.CompleteResult> {
    if (onText === undefined) return await this.#connection.sendRequest(protocol.Complete, params, token);
    const streamId = String(++this.#lastStream);
    this.#streams.set(streamId, onText);
    try {
      return await this.#connection.sendRequest(protocol.Complete, { ...params, streamId }, token);
    } finally {
      this.#streams.delete(streamId);
    }
  }

  /** Nothing is answered; a process that is about to end may not hear it. */
  attend(params: protocol.AttendParams): void {
    this.#connection.sendNotification(protocol.Attend, params).catch(() => undefined);
  }

  /** The same. */
  leave(): void {
    this.#connection.sendNotification(protocol.Leave).catch(() => undefined);
  }

  /** Nothing is answered either. */
  tell(others: protocol.OtherFilesParams): void {
    this.#connection.sendNotification(protocol.OtherFiles, others).catch(() => undefined);
  }

  /** @returns null when the signal ended it */
  async profile(
    params: protocol.ProfileParams,
    signal: AbortSignal,
    onProgress: (progress: protocol.ProfileProgressParams) => void,
  ): Promise<protocol.ProfileResult | null> {
    if (signal.aborted) return null;
    const source = new CancellationTokenSource();
    const cancel = () => {
      source.cancel();
    };
    const listener = this.#connection.onNotification(protocol.ProfileProgress, onProgress);
    signal.addEventListener('abort', cancel);
    try {
      return await this.#connection.sendRequest(protocol.Profile, params, source.token);
    } finally {
      listener.dispose();
      signal.removeEventListener('abort', cancel);
    }
  }

  /** @returns false when completions left no time for it */
  async measureMachine(): Promise<boolean> {
    return await this.#connection.sendRequest(protocol.MeasureMachine);
  }

  async neurons(): Promise<protocol.NeuronsResult> {
    return await this.#connection.sendRequest(protocol.Neurons);
  }

  /** @returns null where nothing was seen since watching began */
  async firing(watch: boolean): Promise<protocol.FiringResult | null> {
    return await this.#connection.sendRequest(protocol.Firing, { watch });
  }

  /** @returns null behind a server */
  async foretell(settings: protocol.NeuronSettings): Promise<protocol.Foretold | null> {
    return await this.#connection.sendRequest(protocol.Foretell, settings);
  }

  /** Asks the process to end and makes it end; resolves when it has. */
  async end(): Promise<void> {
    if (this.#hasEnded) return;
    const ended = new Promise<void>((resolve) => {
      this.#ended.add(resolve);
    });
    const timer = setTimeout(() => {
      this.kill();
    }, graceMs);
    // The answer may be cut off by the end of the process: what counts is the end.
    this.#connection.sendRequest(protocol.Shutdown).catch(() => undefined);
    await ended;
    clearTimeout(timer);
  }

  /** Ends the process at once, whatever it is doing. */
  kill(): void {
    this.#isKilled = true;
    this.#child.kill('SIGKILL');
  }

  async #send(
    link: ServerLink,
    { streamId, ...request }: protocol.SendParams,
    token: CancellationToken,
  ): Promise<protocol.SendResult | ResponseError> {
    const cancelled = new AbortController();
    token.onCancellationRequested(() => {
      cancelled.abort();
    });
    const onText = (text: string) => {
      this.#connection.sendNotification(protocol.ServerText, { streamId, text }).catch(() => undefined);
    };
    try {
      return { status: await link(request, cancelled.signal, onText) };
    } catch (error) {
      return new ResponseError(
        protocol.ErrorCode.server,
        error instanceof Error ? error.message : String(error),
      );
    }
  }

  #listen({ onLog, onStatistics, onLoadProgress, onModelChanged, onExit }: EngineProcessEvents): void {
    this.#connection.onNotification(protocol.Log, onLog);
    this.#connection.onNotification(protocol.Statistics, onStatistics);
    this.#connection.onNotification(protocol.ModelChanged, onModelChanged);
    this.#connection.onNotification(protocol.LoadProgress, ({ fraction }) => {
      onLoadProgress(fraction);
    });
    this.#connection.onNotification(protocol.PartialText, ({ streamId, text }) => {
      this.#streams.get(streamId)?.(text);
    });
    this.#connection.onError(([error]) => {
      onLog({ level: 'debug', message: `connection: ${error.message}` });
    });
    this.#connection.listen();

    const tail = logOutput(this.#child, onLog);
    const finish = (reason: string) => {
      if (this.#hasEnded) return;
      this.#hasEnded = true;
      this.#connection.dispose();
      this.#ended.tell();
      onExit(reason);
    };
    this.#child.once('error', (error) => {
      finish(`it did not start: ${error.message}`);
    });
    this.#child.once('exit', (code, signal) => {
      finish(tail.last() ?? endOf(code, signal, this.#isKilled));
    });
  }
}

/** @param isOurs whether it was killed from here */
function endOf(code: number | null, signal: NodeJS.Signals | null, isOurs: boolean): string {
  if (signal === null) return `it ended with exit code ${String(code)}`;
  if (signal !== 'SIGKILL') return `it ended with ${signal}`;
  return isOurs ? 'it did not answer' : 'it was killed from outside, as the system does when memory runs out';
}

/** Native libraries print where they like: into the log with it. */
function logOutput(child: ChildProcess, onLog: EngineProcessEvents['onLog']): { last(): string | null } {
  let last: string | null = null;
  const onChunk = (chunk: string) => {
    for (const line of chunk.split('\n').filter((text) => text.trim() !== '')) {
      if (line.startsWith('hotset engine: ')) last = line.slice('hotset engine: '.length);
      onLog({ level: 'debug', message: line });
    }
  };
  child.stdout?.setEncoding('utf8').on('data', onChunk);
  child.stderr?.setEncoding('utf8').on('data', onChunk);
  return { last: () => last };
}
