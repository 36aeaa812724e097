/** The picture in figures: a row for each layer. */
import { made } from './element.ts';
import type { ShownLayer } from './messages.ts';
import type { RunningSums } from './running-sums.ts';
import { percent } from './words.ts';

export class LayerTable {
  readonly #body: HTMLTableSectionElement;

  constructor(body: HTMLTableSectionElement) {
    this.#body = body;
  }

  /** @param fired of 255, of those that the CPU computes; null: unknown */
  show(layers: readonly ShownLayer[], neurons: number, fired: RunningSums | null): void {
    this.#body.replaceChildren(...layers.map((layer, index) => rowOf(layer, index, neurons, fired)));
  }

  /** Marks the layer that is looked at. */
  mark(layer: number): void {
    for (const [index, row] of [...this.#body.rows].entries()) {
      if (index === layer) row.setAttribute('aria-current', 'true');
      else row.removeAttribute('aria-current');
    }
  }
}

function rowOf({ hot, gpu }: ShownLayer, index: number, neurons: number, fired: RunningSums | null) {
  const row = document.createElement('tr');
  const name = made('th', String(index));
  name.scope = 'row';
  const active = fired === null || gpu === neurons ? '–' : percent(fired.mean(index, gpu, neurons) / 255);
  const cells = [percent(hot / neurons), percent(1 - hot / neurons), percent(gpu / neurons), active];
  row.append(name, ...cells.map((text) => made('td', text)));
  return row;
}
