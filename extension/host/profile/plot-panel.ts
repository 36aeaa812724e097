/** Shows an SVG of ours in an editor tab: VS Code itself opens such files as text. */
import { readFile } from 'node:fs/promises';
import * as vscode from 'vscode';

export async function showPlot(path: string): Promise<void> {
  const svg = await readFile(path, 'utf8');
  const panel = vscode.window.createWebviewPanel(
    'hotset.plot',
    'Hotset: Neuron Skew',
    vscode.ViewColumn.Active,
    {
      enableScripts: false,
      localResourceRoots: [],
    },
  );
  panel.webview.html = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Neuron skew</title>
<style>body { margin: 0; padding: 16px; } svg { display: block; max-width: 900px; margin: auto; }</style>
</head>
<body>${svg}</body>
</html>`;
}
