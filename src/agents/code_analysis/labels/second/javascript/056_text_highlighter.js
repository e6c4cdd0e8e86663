/** Highlights the words of a search phrase inside an element. */

const MAX_WORDS = 8;
const MAX_WORD_LENGTH = 40;

export function escapeRegExp(text) {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
}

export function phraseToPattern(phrase) {
  const words = phrase
    .trim()
    .split(/\s+/)
    .filter((w) => w.length > 1 && w.length <= MAX_WORD_LENGTH)
    .slice(0, MAX_WORDS);
  if (words.length === 0) {
    return null;
  }
  return new RegExp(words.map(escapeRegExp).join('|'), 'gi');
}

function textNodes(root) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const nodes = [];
  while (walker.nextNode()) {
    nodes.push(walker.currentNode);
  }
  return nodes;
}

function markNode(node, pattern) {
  const text = node.data;
  const fragment = document.createDocumentFragment();
  let last = 0;
  for (const match of text.matchAll(pattern)) {
    fragment.append(text.slice(last, match.index));
    const mark = document.createElement('mark');
    mark.textContent = match[0];
    fragment.append(mark);
    last = match.index + match[0].length;
  }
  if (last > 0) {
    fragment.append(text.slice(last));
    node.replaceWith(fragment);
  }
  return last > 0;
}

export function highlight(root, phrase) {
  const pattern = phraseToPattern(phrase);
  if (!pattern) {
    return 0;
  }
  return textNodes(root).filter((node) => markNode(node, pattern)).length;
}

const query = new URLSearchParams(window.location.search).get('q');
if (query) {
  document.addEventListener('DOMContentLoaded', () => {
    const main = document.querySelector('main');
    if (main) {
      highlight(main, query);
    }
  });
}
