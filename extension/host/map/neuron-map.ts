/** The neuron map: a page of its own in the editor, one at a time. It is told what there is, and says what a person wants changed. */
import * as vscode from 'vscode';
import { type FromPage, fromPage, type ToPage } from '../../map/messages.ts';
import type { ModelFigures } from '../../protocol/figures.ts';
import type { Foretold, NeuronSettings } from '../../protocol/requests.ts';
import type { EngineState } from '../engine/engine-state.ts';
import type { EngineSupervisor } from '../engine/engine-supervisor.ts';
import type { Settings } from '../settings.ts';
import { Measuring } from './measuring.ts';
import { mapPage } from './page.ts';
import { shownModel } from './shown-model.ts';
import { SpeedHistory } from './speed-history.ts';

export interface NeuronMapTools {
  readonly supervisor: EngineSupervisor;
  readonly settings: Settings;
  readonly extensionUri: vscode.Uri;
}

export class NeuronMap implements vscode.Disposable {
  readonly #tools: NeuronMapTools;
  readonly #history = new SpeedHistory();
  readonly #measuring: Measuring;
  readonly #subscriptions: { dispose(): void }[];
  #panel: vscode.WebviewPanel | null = null;
  /** That the page was told of; null: none. */
  #model: ModelFigures | null = null;

  constructor(tools: NeuronMapTools) {
    this.#tools = tools;
    const { supervisor } = tools;
    this.#measuring = new Measuring(() => supervisor.measureMachine());
    this.#subscriptions = [
      supervisor.onState((state) => {
        this.#stateChanged(state);
        this.#measureWhenQuiet(state);
      }),
      supervisor.onStatistics((figures) => {
        this.#history.add(figures);
        this.#tellFigures();
        void this.#tellFiring();
      }),
    ];
  }

  show(): void {
    if (this.#panel !== null) {
      this.#panel.reveal();
      return;
    }
    const dist = vscode.Uri.joinPath(this.#tools.extensionUri, 'dist');
    const panel = vscode.window.createWebviewPanel(
      'hotset.neuronMap',
      'Hotset: Neuron Map',
      // Beside what is being typed, so that it can be seen at work.
      vscode.window.activeTextEditor === undefined ? vscode.ViewColumn.Active : vscode.ViewColumn.Beside,
      { enableScripts: true, localResourceRoots: [dist] },
    );
    this.#panel = panel;
    panel.webview.onDidReceiveMessage((message: unknown) => {
      const heard = fromPage(message);
      if (heard !== null) void this.#hear(heard);
    });
    panel.onDidChangeViewState(() => {
      void this.#tellFiring();
    });
    panel.onDidDispose(() => {
      this.#panel = null;
      void this.#tools.supervisor.firing(false);
    });
    const address = (name: string) => panel.webview.asWebviewUri(vscode.Uri.joinPath(dist, name)).toString();
    panel.webview.html = mapPage({
      script: address('map.js'),
      style: address('map.css'),
      source: panel.webview.cspSource,
    });
  }

  dispose(): void {
    this.#measuring.stopWaiting();
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#panel?.dispose();
  }

  async #hear(message: FromPage): Promise<void> {
    switch (message.kind) {
      case 'ready':
        await this.#tellAll();
        break;
      case 'foretell':
        await this.#foretell(message.settings);
        break;
      case 'apply':
        await this.#tools.settings.setNeuronSettings(message.settings);
        break;
    }
  }

  /** A page that was hidden has forgotten everything. */
  async #tellAll(): Promise<void> {
    const { supervisor } = this.#tools;
    this.#tellModel(supervisor.state);
    this.#tellFigures();
    // Starts the engine where it does not run: a map without a model shows nothing.
    if ((await supervisor.neurons()) === null) this.#tellModel(supervisor.state);
    else await this.#tellNeurons();
  }

  #stateChanged(state: EngineState): void {
    const model = 'model' in state ? state.model : null;
    if (model !== null && model === this.#model) return;
    if (model !== null) this.#history.forget();
    this.#tellModel(state);
    if (this.#panel !== null && model !== null) void this.#tellNeurons();
  }

  /** A completion breaks off what was being measured. */
  #measureWhenQuiet({ kind }: EngineState): void {
    this.#measuring.stopWaiting();
    if (kind !== 'ready') return;
    this.#measuring.whenQuiet(() => {
      if (this.#panel?.visible === true) void this.#tellMeasured();
    });
  }

  #tellModel(state: EngineState): void {
    this.#model = 'model' in state ? state.model : null;
    const model = this.#model === null ? null : shownModel(this.#model);
    this.#tell({ kind: 'model', model, note: noteOf(state) });
    if (model !== null) this.#tellFigures();
  }

  async #tellNeurons(): Promise<void> {
    const neurons = await this.#tools.supervisor.neurons();
    if (neurons === null) return;
    const { neuronsPerLayer, layers } = neurons;
    this.#tell({
      kind: 'neurons',
      neuronsPerLayer,
      layers: layers.map(({ hot, gpu }) => ({ hot, gpu })),
      frequencies: joined(layers.map(({ frequencies }) => frequencies)),
    });
    await this.#tellFiring();
    await this.#tellSettings();
  }

  /** While nobody sees the map, completions are not watched. */
  async #tellFiring(): Promise<void> {
    const firing = await this.#tools.supervisor.firing(this.#panel?.visible === true);
    if (firing === null) return;
    const shares = new Uint8Array(Buffer.from(firing.shares, 'base64'));
    this.#tell({ kind: 'firing', tokens: firing.tokens, shares });
  }

  #tellFigures(): void {
    const { last, rates } = this.#history;
    this.#tell({
      kind: 'figures',
      rates,
      last: last && {
        tokens: last.tokens,
        tokensPerSecond: last.tokensPerSecond,
        bytesPerToken: last.bytesPerToken,
        activity: last.neuronSplit.activity,
        recall: last.neuronSplit.recall,
        device: last.device,
      },
    });
  }

  async #tellSettings(): Promise<void> {
    await this.#tellForetold();
    await this.#tellMeasured();
  }

  async #tellForetold(): Promise<void> {
    const settings = this.#tools.settings.neurons;
    this.#tell({ kind: 'settings', settings, now: (await this.#foretold(settings)).then });
  }

  /** How fast it would be is known as soon as the machine is measured. */
  async #tellMeasured(): Promise<void> {
    if (await this.#measuring.once()) await this.#tellForetold();
  }

  async #foretell(settings: NeuronSettings): Promise<void> {
    this.#tell({ kind: 'foretold', settings, ...(await this.#foretold(settings)) });
  }

  async #foretold(settings: NeuronSettings): Promise<{ then: Foretold | null; trouble: string }> {
    try {
      return { then: await this.#tools.supervisor.foretell(settings), trouble: '' };
    } catch (error) {
      return { then: null, trouble: error instanceof Error ? error.message : String(error) };
    }
  }

  #tell(message: ToPage): void {
    void this.#panel?.webview.postMessage(message);
  }
}

function noteOf(state: EngineState): string {
  switch (state.kind) {
    case 'disabled':
      return 'Hotset is off: switch it on, and the map shows the model.';
    case 'resting':
      return 'Nobody asked for long, so the model left memory: it comes back with the next completion.';
    case 'stopped':
    case 'starting':
    case 'loading':
      return 'The model is being loaded…';
    case 'failed':
      return `The engine does not run: ${state.reason}`;
    case 'ready':
    case 'busy':
      return '';
  }
}

/** One layer behind the other; null where one is missing. */
function joined(layers: readonly (string | null)[]): Uint8Array | null {
  const parts = layers.filter((layer) => layer !== null).map((layer) => Buffer.from(layer, 'base64'));
  return parts.length < layers.length || parts.length === 0 ? null : new Uint8Array(Buffer.concat(parts));
}
