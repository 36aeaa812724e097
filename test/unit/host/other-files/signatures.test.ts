/** What a prompt tells of a file whose symbols the editor knows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FileSymbol, signatures } from '../../../../extension/host/other-files/signatures.ts';

const kinds = { namespace: 2, class: 4, method: 5, field: 7, function: 11, object: 18, struct: 22 };

/** @param line the text of its line */
function symbol(
  text: string,
  name: string,
  kind: keyof typeof kinds,
  line: string,
  children: FileSymbol[] = [],
): FileSymbol {
  const firstLine = text.split('\n').indexOf(line);
  assert.ok(firstLine >= 0, line);
  return { name, kind: kinds[kind], firstLine, children };
}

const go = `package shapes

// A shape.
type Circle struct {
	Radius float64
}

func (c *Circle) Area(
	scale float64,
) float64 {
	return secret(c.Radius, scale)
}
`;

test('types with their members, functions up to their bodies', () => {
  const symbols = [
    symbol(go, 'Circle', 'struct', 'type Circle struct {', [
      symbol(go, 'Radius', 'field', '\tRadius float64'),
    ]),
    symbol(go, '(*Circle).Area', 'method', 'func (c *Circle) Area('),
  ];
  assert.deepEqual(signatures(symbols, go, null), [
    { name: 'Circle', text: 'type Circle struct {\n\tRadius float64\n}' },
    { name: '(*Circle).Area', text: 'func (c *Circle) Area(\n\tscale float64,\n) float64' },
  ]);
});

const rust = `pub struct Circle {
    pub radius: f64,
}
impl Shape for Circle {
    fn area(&self) -> f64 {
        self.radius
    }
}
pub fn other() {}
`;

test('what is wanted alone, and what is implemented for it', () => {
  const symbols = [
    symbol(rust, 'Circle', 'struct', 'pub struct Circle {', [
      symbol(rust, 'radius', 'field', '    pub radius: f64,'),
    ]),
    symbol(rust, 'impl Shape for Circle', 'object', 'impl Shape for Circle {', [
      symbol(rust, 'area', 'method', '    fn area(&self) -> f64 {'),
    ]),
    symbol(rust, 'other', 'function', 'pub fn other() {}'),
  ];
  assert.deepEqual(signatures(symbols, rust, ['Circle']), [
    { name: 'Circle', text: 'pub struct Circle {\n    pub radius: f64,\n}' },
    { name: 'Circle', text: 'impl Shape for Circle {\n    fn area(&self) -> f64\n}' },
  ]);
});

const csharp = `namespace Shapes
{
    public class Circle
    {
        private double hidden = 1;
        public double Radius { get; set; }
    }
    private class Inner { }
}
`;

test('what a namespace holds, without what is private', () => {
  const symbols = [
    symbol(csharp, 'Shapes', 'namespace', 'namespace Shapes', [
      symbol(csharp, 'Circle', 'class', '    public class Circle', [
        symbol(csharp, 'hidden', 'field', '        private double hidden = 1;'),
        symbol(csharp, 'Radius', 'field', '        public double Radius { get; set; }'),
      ]),
      symbol(csharp, 'Inner', 'class', '    private class Inner { }'),
    ]),
  ];
  assert.deepEqual(signatures(symbols, csharp, null), [
    { name: 'Circle', text: '    public class Circle\n        public double Radius' },
  ]);
});

test('lines that are no longer there, and more symbols than anybody reads', () => {
  const beyond = { name: 'gone', kind: kinds.function, firstLine: 99, children: [] };
  assert.deepEqual(signatures([beyond], 'a\n', null), []);
  const many = Array.from({ length: 100 }, (_, firstLine) => ({
    ...beyond,
    name: `f${firstLine}`,
    firstLine,
  }));
  const text = many.map(({ name }) => `func ${name}()`).join('\n');
  assert.equal(signatures(many, text, null).length, 40);
});
