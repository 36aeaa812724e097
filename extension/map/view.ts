/** Which stretch of the neurons the picture shows, and which layer and neurons are looked at. */
export interface View {
  /** The first neuron shown; may lie between two. */
  readonly first: number;
  /** Neurons shown. */
  readonly span: number;
  readonly layer: number;
  /** The neuron looked at. */
  readonly neuron: number;
}

export interface Size {
  readonly layers: number;
  readonly neurons: number;
}

/** As many as can be told apart when it is as near as can be. */
const leastSpan = 16;
const zoomStep = 1.5;
/** Of what is shown, by one press. */
const panStep = 1 / 40;
const pageStep = 1 / 2;

export function wholeView({ neurons }: Size): View {
  return { first: 0, span: neurons, layer: 0, neuron: 0 };
}

/**
 * @param factor below 1 goes nearer
 * @param at where stays what is there: the share of the width from the left
 */
export function zoomed(view: View, size: Size, factor: number, at: number): View {
  const least = Math.min(leastSpan, size.neurons);
  const span = Math.min(size.neurons, Math.max(least, view.span * factor));
  return within({ ...view, span, first: view.first + (view.span - span) * at }, size);
}

/** @param neurons by which what is shown moves to the right */
export function panned(view: View, size: Size, neurons: number): View {
  return within({ ...view, first: view.first + neurons }, size);
}

/** Looks at another place, and shows it. */
export function lookedAt(view: View, size: Size, layer: number, neuron: number): View {
  const to = {
    ...view,
    layer: clamped(layer, 0, size.layers - 1),
    neuron: clamped(Math.floor(neuron), 0, size.neurons - 1),
  };
  if (to.neuron < view.first) return within({ ...to, first: to.neuron }, size);
  const beyond = to.neuron + 1 - (view.first + view.span);
  return beyond > 0 ? within({ ...to, first: view.first + beyond }, size) : to;
}

/** What a key does; null: nothing. */
export function afterKey(view: View, size: Size, key: string): View | null {
  const step = Math.max(1, Math.round(view.span * panStep));
  const page = Math.max(1, Math.round(view.span * pageStep));
  const { layer, neuron } = view;
  const at = (neuron - view.first) / view.span;
  switch (key) {
    case 'ArrowUp':
      return lookedAt(view, size, layer - 1, neuron);
    case 'ArrowDown':
      return lookedAt(view, size, layer + 1, neuron);
    case 'ArrowLeft':
      return lookedAt(view, size, layer, neuron - step);
    case 'ArrowRight':
      return lookedAt(view, size, layer, neuron + step);
    case 'PageUp':
      return lookedAt(view, size, layer, neuron - page);
    case 'PageDown':
      return lookedAt(view, size, layer, neuron + page);
    case 'Home':
      return lookedAt(view, size, layer, 0);
    case 'End':
      return lookedAt(view, size, layer, size.neurons - 1);
    case '+':
    case '=':
      return zoomed(view, size, 1 / zoomStep, at);
    case '-':
      return zoomed(view, size, zoomStep, at);
    case '0':
      return { ...wholeView(size), layer, neuron };
    default:
      return null;
  }
}

function within(view: View, { neurons }: Size): View {
  return { ...view, first: clamped(view.first, 0, neurons - view.span) };
}

function clamped(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(most, value));
}
