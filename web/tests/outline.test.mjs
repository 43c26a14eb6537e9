// The picture of a sound.
import assert from 'node:assert/strict';
import test from 'node:test';
import { source } from './source.mjs';

const { outline } = await source('outline.ts');

test('every peak has its stroke, and silence too', () => {
  const { path, width } = outline([0, 255]);
  assert.equal(width, 2);
  assert.equal(path, 'M0.5 -0.020V0.020M1.5 -1.000V1.000');
});

test('a long sound is drawn with as many strokes as a card is wide, and its loudest stays', () => {
  const peaks = Array.from({ length: 1024 }, (_, at) => (at === 777 ? 255 : 10));
  const { path, width } = outline(peaks);
  assert.ok(width <= 200 && width > 100, String(width));
  assert.ok(path.includes('-1.000'));
});

test('no sound is no stroke', () => {
  assert.deepEqual(outline([]), { path: '', width: 0 });
});
