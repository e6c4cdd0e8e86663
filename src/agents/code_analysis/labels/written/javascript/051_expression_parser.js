'use strict';

const MAX_LENGTH = 200;
const TOKEN = /\d+(?:\.\d+)?|[-+*/()]|[a-z]+/y;

function tokenize(source) {
  if (source.length > MAX_LENGTH) {
    throw new RangeError('expression is too long');
  }
  const text = source.replace(/\s/g, '');
  const tokens = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match) {
      throw new SyntaxError(`unexpected character at ${at}`);
    }
    tokens.push(match[0]);
  }
  return tokens;
}

function evaluate(source, variables = new Map()) {
  const tokens = tokenize(source);
  let at = 0;

  function primary() {
    const token = tokens[at++];
    if (token === '(') {
      const value = sum();
      if (tokens[at++] !== ')') throw new SyntaxError('missing )');
      return value;
    }
    if (token === '-') return -primary();
    if (variables.has(token)) return variables.get(token);
    if (token === undefined || Number.isNaN(Number(token))) throw new SyntaxError('number expected');
    return Number(token);
  }

  function product() {
    let value = primary();
    while (tokens[at] === '*' || tokens[at] === '/') {
      value = tokens[at++] === '*' ? value * primary() : value / primary();
    }
    return value;
  }

  function sum() {
    let value = product();
    while (tokens[at] === '+' || tokens[at] === '-') {
      value = tokens[at++] === '+' ? value + product() : value - product();
    }
    return value;
  }

  const result = sum();
  if (at !== tokens.length) throw new SyntaxError('unexpected rest');
  return result;
}

module.exports = { evaluate };
