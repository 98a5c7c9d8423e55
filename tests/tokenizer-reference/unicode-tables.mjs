// Writes the Unicode tables of the tokenizer's normalizer from this node's own Unicode data.
//   node unicode-tables.mjs > ../../src/ModelCompiler.Runtime/Text/Unicode/unicode-tables.txt
// .NET's String.Normalize does nothing to non-ASCII text where globalization is invariant, hence own tables.

const hex = (codePoint) => codePoint.toString(16).toUpperCase();
const codePoints = (text) => [...text].map((c) => c.codePointAt(0));
const all = [];
for (let c = 0; c < 0x110000; c++) if (c < 0xd800 || c > 0xdfff) all.push(c);
const nfd = (...points) => codePoints(String.fromCodePoint(...points).normalize("NFD"));
const isHangulSyllable = (c) => c >= 0xac00 && c <= 0xd7a3;

// Canonical ordering swaps a pair of marks where the first has the higher class. Marks of known class, one per class
// in use, so tell the class of any other mark.
const known = [
  [0x334, 1], [0x16ff0, 6], [0x93c, 7], [0x3099, 8], [0x94d, 9], [0x5b0, 10], [0x5b1, 11], [0x5b2, 12], [0x5b3, 13],
  [0x5b4, 14], [0x5b5, 15], [0x5b6, 16], [0x5b7, 17], [0x5b8, 18], [0x5b9, 19], [0x5bb, 20], [0x5bc, 21], [0x5bd, 22],
  [0x5bf, 23], [0x5c1, 24], [0x5c2, 25], [0xfb1e, 26], [0x64b, 27], [0x64c, 28], [0x64d, 29], [0x618, 30], [0x619, 31],
  [0x61a, 32], [0x651, 33], [0x652, 34], [0x670, 35], [0x711, 36], [0xc55, 84], [0xc56, 91], [0xe38, 103], [0xe48, 107],
  [0xeb8, 118], [0xec8, 122], [0xf71, 129], [0xf72, 130], [0xf74, 132], [0x321, 202], [0x1dce, 214], [0x31b, 216], [0x1dfa, 218],
  [0x316, 220], [0x59a, 222], [0x302e, 224], [0x1d16d, 226], [0x5ae, 228], [0x301, 230], [0x315, 232], [0x35c, 233],
  [0x35d, 234], [0x345, 240],
];
const swaps = (a, b) => {
  const [first, second] = nfd(a, b);
  return a !== b && first === b && second === a;
};
const combiningClass = (c) => {
  const above = known.findIndex(([mark]) => swaps(mark, c)); // the first class above c's
  const below = known.findLastIndex(([mark]) => swaps(c, mark)); // the last class below c's
  if (above < 0 && below < 0) return 0;
  const equal = (above < 0 ? known.length : above) - 1;
  if (equal !== below + 1) throw new Error(`U+${hex(c)} has a class that is not in the list`);
  return known[equal][1];
};

const ranges = (value) => {
  const rows = [];
  for (const c of all) {
    const v = value(c);
    const last = rows.at(-1);
    if (!v) continue;
    if (last && last.end === c - 1 && last.value === v) last.end = c;
    else rows.push({ begin: c, end: c, value: v });
  }
  return rows;
};
const span = ({ begin, end }) => (begin === end ? hex(begin) : `${hex(begin)}-${hex(end)}`);
const print = (title, entries) => {
  const lines = [""];
  for (const entry of entries) {
    if (lines.at(-1).length + entry.length + 1 > 120) lines.push("");
    lines[lines.length - 1] += (lines.at(-1) ? " " : "") + entry;
  }
  console.log(`[${title}]\n${lines.join("\n")}`);
};

console.log(`# Unicode ${process.versions.unicode}, made by tests/tokenizer-reference/unicode-tables.mjs. Hexadecimal code points.`);
console.log("# decompositions: full canonical ones, CODE=A+B+C, without Hangul syllables. classes: canonical combining");
console.log("# classes, RANGE=CLASS in decimal, where not 0. cased and case-ignorable: ranges, as final sigma wants them.");
print("decompositions", all.filter((c) => !isHangulSyllable(c) && (nfd(c).length > 1 || nfd(c)[0] !== c))
  .map((c) => `${hex(c)}=${nfd(c).map(hex).join("+")}`));
print("classes", ranges((c) => (/^\p{M}$/u.test(String.fromCodePoint(c)) && nfd(c).length === 1 ? combiningClass(c) : 0))
  .map((row) => `${span(row)}=${row.value}`));
print("cased", ranges((c) => /^\p{Cased}$/u.test(String.fromCodePoint(c))).map(span));
print("case-ignorable", ranges((c) => /^\p{Case_Ignorable}$/u.test(String.fromCodePoint(c))).map(span));
