/** A model as the neuron map says it: what it is, why its neurons are computed as they are, and which settings move them. */
import type { ShownModel } from '../../map/messages.ts';
import type { ModelFigures } from '../../protocol/figures.ts';

const mostProjects = 5;

export function shownModel(model: ModelFigures): ShownModel {
  return { name: model.name, about: about(model), why: why(model), obstacles: obstacles(model) };
}

function about(model: ModelFigures): string {
  if (model.server !== null) return `Completed by ${model.server}`;
  const { layers, neuronsPerLayer, hiddenActivation, quantisation, decoder, mode, predictor } = model;
  const sizes = `${layers} layers of ${neuronsPerLayer.toLocaleString('en')} neurons, ${activationName(hiddenActivation)}, ${quantisation}`;
  const by = predictor === null ? '' : ` (${predictor} predictor)`;
  return `${sizes} · decoder ${decoder}, ${mode}${by} · ${profileOf(model)}`;
}

function profileOf({ profileCorpus }: ModelFigures): string {
  return profileCorpus === null ? 'no profile' : `profiled on ${shortCorpus(profileCorpus)}`;
}

/** A corpus names each project once for every language that was read of it: here the first few, once. */
function shortCorpus(corpus: string): string {
  const names = [...new Set(corpus.replace(/ \([^)]*\)$/, '').split(', '))];
  const more = names.length - mostProjects;
  return more > 0 ? `${names.slice(0, mostProjects).join(', ')} and ${more} more` : names.join(', ');
}

function activationName(activation: ModelFigures['hiddenActivation']): string {
  const names = { silu: 'SiLU', relu: 'ReLU', drelu: 'dReLU', gelu: 'GELU', other: 'unknown activation' };
  return names[activation];
}

/** Of a model whose neurons are left out where they can be, nothing needs to be said. */
function why({ server, decoder, mode, hiddenActivation, profileCorpus }: ModelFigures): string {
  if (server !== null) return 'Another engine completes, and tells nothing of its neurons.';
  if (mode === 'thresholded') {
    return 'SiLU leaves no neuron at exactly zero. Those below τ are left out all the same: further from what the model would say, and faster only where most are left out.';
  }
  if (mode !== 'dense') {
    return profileCorpus === null
      ? 'There is no profile, so no neuron is known to be hot: each is computed when it fires.'
      : '';
  }
  switch (hiddenActivation) {
    case 'silu':
      return (
        'SiLU leaves no neuron at exactly zero: each adds a little to every token, so all of them are computed, densely. ' +
        'The mode “thresholded” leaves out those that add least; it needs a profile, and changes what the model says.'
      );
    case 'gelu':
      return 'GELU leaves no neuron at rest: each adds something to every token, so all of them are computed, densely.';
    case 'relu':
    case 'drelu':
      return decoder === 'hybrid'
        ? 'The mode is dense, so every neuron is computed for every token; “exact” says the same and leaves out those that do not fire.'
        : 'llama.cpp computes whole layers and tells of no neuron.';
    case 'other':
      return 'llama.cpp computes whole layers, and tells of no neuron.';
  }
}

function obstacles({ server, mode, hiddenActivation, profileCorpus }: ModelFigures): ShownModel['obstacles'] {
  if (server !== null) {
    const elsewhere = 'The server decides.';
    return { hotThreshold: elsewhere, coldSparsity: elsewhere, gpuBudget: elsewhere };
  }
  return {
    hotThreshold: hotObstacle(mode, profileCorpus),
    coldSparsity: mode === 'thresholded' ? null : coldObstacle(hiddenActivation),
    gpuBudget: null,
  };
}

function hotObstacle(mode: ModelFigures['mode'], profileCorpus: string | null): string | null {
  if (mode === 'dense') return 'Every neuron is computed for every token: none is cold.';
  return profileCorpus === null
    ? 'A profile says how often neurons fire: profile your workspace first.'
    : null;
}

function coldObstacle(activation: ModelFigures['hiddenActivation']): string {
  return activation === 'relu' || activation === 'drelu'
    ? 'Neurons that do not fire are exactly zero here: leaving them out costs nothing, and τ is 0.'
    : 'Only the mode “thresholded” leaves neurons out by τ.';
}
