'use strict';

/** Arithmetic for the calculated columns of a table: `price * (1 + rate)`. */

const TOKEN = /\s*(?:(\d{1,15}(?:\.\d{1,10})?)|([a-z][a-z0-9_]{0,30})|([-+*/()]))/giy;
const MAX_LENGTH = 300;

class ExpressionError extends Error {}

function tokenize(text) {
  const tokens = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const match = TOKEN.exec(text);
    if (!match) {
      throw new ExpressionError('unexpected character');
    }
    const [, number, name, symbol] = match;
    if (number !== undefined) tokens.push({ type: 'number', value: Number(number) });
    else if (name !== undefined) tokens.push({ type: 'name', value: name });
    else tokens.push({ type: symbol });
  }
  return tokens;
}

class Evaluator {
  constructor(tokens, values) {
    this.tokens = tokens;
    this.values = values;
    this.position = 0;
  }

  peek() {
    const token = this.tokens[this.position];
    return token ? token.type : 'end';
  }

  next() {
    this.position += 1;
    return this.tokens[this.position - 1];
  }

  sum() {
    let value = this.product();
    while (this.peek() === '+' || this.peek() === '-') {
      value = this.next().type === '+' ? value + this.product() : value - this.product();
    }
    return value;
  }

  product() {
    let value = this.atom();
    while (this.peek() === '*' || this.peek() === '/') {
      value = this.next().type === '*' ? value * this.atom() : value / this.atom();
    }
    return value;
  }

  atom() {
    const token = this.next();
    if (!token) throw new ExpressionError('unexpected end');
    if (token.type === 'number') return token.value;
    if (token.type === '-') return -this.atom();
    if (token.type === 'name') {
      if (!this.values.has(token.value)) throw new ExpressionError('unknown name');
      return this.values.get(token.value);
    }
    if (token.type === '(') {
      const value = this.sum();
      if (this.next()?.type !== ')') throw new ExpressionError('missing )');
      return value;
    }
    throw new ExpressionError('unexpected token');
  }
}

function evaluate(text, row) {
  if (text.length > MAX_LENGTH) {
    throw new ExpressionError('too long');
  }
  const values = new Map(Object.entries(row).map(([k, v]) => [k, Number(v)]));
  const evaluator = new Evaluator(tokenize(text.trim()), values);
  const result = evaluator.sum();
  if (evaluator.peek() !== 'end') {
    throw new ExpressionError('unexpected rest');
  }
  return result;
}

module.exports = { evaluate, ExpressionError };
