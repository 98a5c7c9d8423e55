// Encodes texts with the reference tokenizer.
//   node encode.mjs TOKENIZER_JSON < requests.json > encodings.json
// requests: array of [text] or [text, pair]; encodings: array of {ids, types}, with special tokens.
import fs from "node:fs";
import { Tokenizer } from "@huggingface/tokenizers";

const definition = JSON.parse(fs.readFileSync(process.argv[2], "utf8"));
const tokenizer = new Tokenizer(definition, {});
const requests = JSON.parse(fs.readFileSync(0, "utf8"));
const encodings = requests.map(([text, pair]) => {
  const encoding = tokenizer.encode(text, { text_pair: pair ?? null, return_token_type_ids: true });
  return { ids: encoding.ids, types: encoding.token_type_ids };
});
fs.writeSync(1, JSON.stringify(encodings));
