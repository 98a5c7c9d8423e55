// Turns WordNet's definitions into token ids for distill.py: one file each for training, validation and test.
//
//   node tokenize.mjs WORDNET_FOLDER MODEL_FOLDER OUT_FOLDER          needs npm's @huggingface/tokenizers
//
// File: u32 examples, u32 tokens, u8 length of each example, u8 label of each example, u16 token ids, little-endian.
import fs from 'node:fs';
import path from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';

const [wordnet, model, out] = process.argv.slice(2);
const read = (name) => JSON.parse(fs.readFileSync(path.join(model, name), 'utf8'));
const tokenizer = new Tokenizer(read('tokenizer.json'), read('tokenizer_config.json'));
const maxLength = read('config.json').max_position_embeddings;

const splits = { training: [], validation: [], test: [] };
for (const part of ['noun', 'verb', 'adj', 'adv']) {
  for (const line of fs.readFileSync(path.join(wordnet, `data.${part}`), 'latin1').split('\n')) {
    if (line === '' || line.startsWith(' ')) continue; // the licence
    const [offset, label] = line.split(' ', 2).map(Number);
    const gloss = line.slice(line.indexOf('| ') + 2);
    const text = gloss.split('; "', 1)[0].trim();
    const split = offset % 10 === 0 ? 'test' : offset % 10 === 1 ? 'validation' : 'training';
    splits[split].push({ label, ids: tokenizer.encode(text).ids.slice(0, maxLength) });
  }
}

for (const [name, examples] of Object.entries(splits)) {
  const ids = Uint16Array.from(examples.flatMap((example) => example.ids));
  const header = Uint32Array.of(examples.length, ids.length);
  const lengths = Uint8Array.from(examples, (example) => example.ids.length);
  const labels = Uint8Array.from(examples, (example) => example.label);
  const parts = [header, lengths, labels, ids].map((array) => Buffer.from(array.buffer));
  fs.writeFileSync(path.join(out, `${name}.bin`), Buffer.concat(parts));
  console.log(`${name}: ${examples.length} examples, ${ids.length} tokens`);
}
