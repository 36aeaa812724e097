/** The neuron map's page, before its script fills it. */
import { randomBytes } from 'node:crypto';

export interface PageParts {
  /** Addresses of the bundled script and style. */
  readonly script: string;
  readonly style: string;
  /** Where such addresses may lead, as a content-security policy names it. */
  readonly source: string;
}

/** Only the script with the nonce runs, and nothing is loaded from anywhere else. */
export function mapPage({ script, style, source }: PageParts): string {
  const nonce = randomBytes(18).toString('base64');
  const policy = `default-src 'none'; style-src ${source}; script-src 'nonce-${nonce}'`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Neuron map</title>
<link rel="stylesheet" href="${style}">
</head>
<body>
<header>
<h1 id="name">Neuron map</h1>
<p id="about" class="faint"></p>
<p id="why"></p>
<p id="note" role="status"></p>
</header>
<main>
<section id="picture" aria-label="Neurons" hidden>
<div class="head">
<span class="key hot">hot: always computed</span>
<span class="key cold">cold: when it fires</span>
<span class="key gpu">on the GPU</span>
<select id="bright" aria-label="What is bright">
<option value="fired">Last completion</option>
<option value="profile">Profile</option>
</select>
</div>
<canvas id="map" tabindex="0" role="application" aria-roledescription="picture" aria-label="Neurons of each layer, the most frequent first. Arrow keys look around, plus and minus zoom, 0 shows all." aria-describedby="look"></canvas>
<div class="axis faint"><span>fires most</span><span id="watched"></span><span>fires least</span></div>
<p id="look" aria-live="polite"></p>
<p class="faint">One row for each layer. Arrow keys look around, + and − zoom (or Ctrl and the wheel), 0 shows all.</p>
</section>
<section aria-label="Layers">
<h2>Layers</h2>
<div class="scroll" tabindex="0" role="region" aria-label="Table of layers">
<table>
<thead><tr><th scope="col">Layer</th><th scope="col">Hot</th><th scope="col">Cold</th><th scope="col">GPU</th><th scope="col">Active</th></tr></thead>
<tbody id="layers"></tbody>
</table>
</div>
</section>
<section aria-label="Last completion">
<h2>Last completion</h2>
<dl id="figures"></dl>
<svg id="speed" width="320" height="76" role="img"></svg>
</section>
<section aria-label="Settings">
<h2>What if</h2>
<form id="controls">
<label><span>θ, hot from</span><input type="range" id="hotThreshold" min="0" max="1" step="0.01" aria-describedby="hotThreshold-obstacle"><output id="hotThreshold-value"></output></label>
<p id="hotThreshold-obstacle" class="obstacle"></p>
<label><span>τ, cold left out</span><input type="range" id="coldSparsity" min="0" max="1" step="0.01" aria-describedby="coldSparsity-obstacle"><output id="coldSparsity-value"></output></label>
<p id="coldSparsity-obstacle" class="obstacle"></p>
<label><span>GPU budget</span><input type="text" id="gpuBudget" spellcheck="false" placeholder="auto, 0 or 6GiB" aria-describedby="gpuBudget-obstacle"></label>
<p id="gpuBudget-obstacle" class="obstacle"></p>
<p id="trouble" role="alert"></p>
<table aria-label="Effect">
<thead><tr><th scope="col">Effect</th><th scope="col">Now</th><th scope="col">Then</th></tr></thead>
<tbody id="effect"></tbody>
</table>
<button type="submit" id="apply" disabled>Apply</button><button type="button" class="second" id="reset" disabled>Reset</button>
</form>
</section>
</main>
<script nonce="${nonce}" src="${script}"></script>
</body>
</html>`;
}
