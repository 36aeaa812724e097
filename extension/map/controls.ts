/** θ, τ and GPU budget, with what a change would do before it is made. */
import type { Foretold, NeuronSettings } from '../protocol/requests.ts';
import { changes } from './change.ts';
import { element, made } from './element.ts';
import type { FromPage, ShownModel } from './messages.ts';
import { percent } from './words.ts';

type Name = keyof NeuronSettings;

/** Nobody reads figures that change with every pixel of a slider. */
const askAfterMs = 150;

export class Controls {
  readonly #send: (message: FromPage) => void;
  readonly #onThreshold: (hotThreshold: number | null) => void;
  readonly #inputs: Readonly<Record<Name, HTMLInputElement>>;
  readonly #apply = element('apply', HTMLButtonElement);
  readonly #reset = element('reset', HTMLButtonElement);
  #settings: NeuronSettings | null = null;
  #now: Foretold | null = null;
  #measured: number | null = null;
  #timer = 0;

  /** @param onThreshold told of a θ that is tried out; null: none any more */
  constructor(send: (message: FromPage) => void, onThreshold: (hotThreshold: number | null) => void) {
    this.#send = send;
    this.#onThreshold = onThreshold;
    this.#inputs = {
      hotThreshold: element('hotThreshold', HTMLInputElement),
      coldSparsity: element('coldSparsity', HTMLInputElement),
      gpuBudget: element('gpuBudget', HTMLInputElement),
    };
    for (const input of Object.values(this.#inputs)) {
      input.addEventListener('input', () => {
        this.#changed();
      });
    }
    element('controls', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      if (!this.#apply.disabled) send({ kind: 'apply', settings: this.#wanted() });
    });
    this.#reset.addEventListener('click', () => {
      if (this.#settings !== null) this.#fill(this.#settings, this.#now);
    });
  }

  /** Tokens per second of late; null: none. */
  measured(rate: number | null): void {
    this.#measured = rate;
  }

  showModel(model: ShownModel | null): void {
    for (const [name, input] of Object.entries(this.#inputs) as [Name, HTMLInputElement][]) {
      const obstacle = model === null ? 'No model is loaded.' : model.obstacles[name];
      input.disabled = obstacle !== null;
      element(`${name}-obstacle`, HTMLParagraphElement).textContent = obstacle ?? '';
    }
  }

  /** What is being tried out stays where the settings are the same as before, and only more is known of them. */
  showSettings(settings: NeuronSettings, now: Foretold | null): void {
    const isTrying = this.#settings !== null && isSame(settings, this.#settings) && this.#isChanged();
    if (!isTrying) {
      this.#fill(settings, now);
      return;
    }
    this.#now = now;
    this.#changed();
  }

  #fill(settings: NeuronSettings, now: Foretold | null): void {
    this.#settings = settings;
    this.#now = now;
    this.#inputs.hotThreshold.valueAsNumber = settings.hotThreshold;
    this.#inputs.coldSparsity.valueAsNumber = settings.coldSparsity;
    this.#inputs.gpuBudget.value = settings.gpuBudget;
    this.#say('');
    this.#showValues();
    this.#showEffect(now);
  }

  showForetold(settings: NeuronSettings, then: Foretold | null, trouble: string): void {
    if (!isSame(settings, this.#wanted())) return; // of a place that the slider has left
    this.#say(trouble);
    this.#apply.disabled = trouble !== '' || !this.#isChanged();
    this.#showEffect(then);
  }

  #changed(): void {
    this.#showValues();
    this.#apply.disabled = true;
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => {
      this.#send({ kind: 'foretell', settings: this.#wanted() });
    }, askAfterMs);
  }

  #wanted(): NeuronSettings {
    const { hotThreshold, coldSparsity, gpuBudget } = this.#inputs;
    return {
      hotThreshold: hotThreshold.valueAsNumber,
      coldSparsity: coldSparsity.valueAsNumber,
      gpuBudget: gpuBudget.value.trim(),
    };
  }

  #isChanged(): boolean {
    return this.#settings !== null && !isSame(this.#wanted(), this.#settings);
  }

  #showValues(): void {
    const { hotThreshold, coldSparsity } = this.#wanted();
    element('hotThreshold-value', HTMLOutputElement).textContent = hotThreshold.toFixed(2);
    element('coldSparsity-value', HTMLOutputElement).textContent = percent(coldSparsity);
    this.#apply.disabled = this.#reset.disabled = !this.#isChanged();
    this.#onThreshold(hotThreshold === this.#settings?.hotThreshold ? null : hotThreshold);
  }

  #showEffect(then: Foretold | null): void {
    const body = element('effect', HTMLTableSectionElement);
    if (this.#now === null || then === null) {
      body.replaceChildren();
      return;
    }
    body.replaceChildren(
      ...changes(this.#now, then, this.#measured).map((change) => {
        const row = document.createElement('tr');
        const name = made('th', change.name);
        name.scope = 'row';
        row.append(
          name,
          made('td', change.now),
          made('td', change.then, change.now === change.then ? '' : 'changed'),
        );
        return row;
      }),
    );
  }

  #say(trouble: string): void {
    element('trouble', HTMLParagraphElement).textContent = trouble;
  }
}

function isSame(left: NeuronSettings, right: NeuronSettings): boolean {
  return (
    left.hotThreshold === right.hotThreshold &&
    left.coldSparsity === right.coldSparsity &&
    left.gpuBudget === right.gpuBudget
  );
}
