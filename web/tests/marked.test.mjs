// Words of a text that are to be listened to.
import assert from 'node:assert/strict';
import test from 'node:test';
import { source } from './source.mjs';

const { marked } = await source('marked.ts');

const shown = (text, words) => marked(text, words).map((it) => (it.isMarked ? `[${it.text}]` : it.text)).join('');

test('whole words are marked, however they are capitalised', () => {
  assert.equal(shown('Ban QLDA và qlda, không phải QLDAB.', ['QLDA']), 'Ban [QLDA] và [qlda], không phải QLDAB.');
  assert.equal(shown('ắn hắn', ['ắn']), '[ắn] hắn');
  assert.equal(shown('XYZ-2 và XYZ', ['XYZ', 'XYZ-2']), '[XYZ-2] và [XYZ]');
  assert.equal(shown('a.b axb', ['a.b']), '[a.b] axb');
  assert.equal(shown('Mời bà con.', []), 'Mời bà con.');
  assert.equal(shown('', ['a']), '');
});
