// How does Baton compare with what was measured beside it? Medians over the rounds, and their ratio, one JSON object a line.
//
// usage: node peer_ratios.mjs FOLDER   with FOLDER/ROUND/PEER/{baton,PEER}.jsonl
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

/** Units of which less is better; of all others more is. */
const LESS_IS_BETTER = new Set(['ms', 'MB', 'bytes', '% of a core']);

const lines = (file) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line));

const median = (values) => {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

const folder = process.argv[2];
/** Values of Baton that were measured beside a peer, by peer and figure. */
const own = new Map();
/** Values of the others, by peer, setting and figure. */
const others = new Map();
const add = (map, key, line) => {
  const entry = map.get(key) ?? { line, values: [] };
  entry.values.push(line.value);
  map.set(key, entry);
};

for (const round of readdirSync(folder)) {
  for (const peer of readdirSync(path.join(folder, round))) {
    for (const line of lines(path.join(folder, round, peer, 'baton.jsonl'))) add(own, JSON.stringify([peer, line.figure]), line);
    for (const line of lines(path.join(folder, round, peer, `${peer}.jsonl`))) {
      if (typeof line.value === 'number') add(others, JSON.stringify([peer, line.setting, line.figure]), line);
    }
  }
}

for (const [key, { line, values }] of others) {
  const [peer, setting, figure] = JSON.parse(key);
  const beside = own.get(JSON.stringify([peer, figure]));
  if (beside === undefined || beside.line.unit !== line.unit) continue;
  const [baton, value] = [median(beside.values), median(values)];
  const ratio = LESS_IS_BETTER.has(line.unit) ? value / baton : baton / value;
  const rounded = Math.round(ratio * 1_000) / 1_000;
  console.log(JSON.stringify({ figure, peer: line.peer, setting, unit: line.unit, baton, value, ratio: rounded, rounds: values.length }));
}
