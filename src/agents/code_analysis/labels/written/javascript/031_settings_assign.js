'use strict';

const BLOCKED = new Set(['__proto__', 'constructor', 'prototype']);

function isPlain(value) {
  if (value === null || typeof value !== 'object') {
    return false;
  }
  const proto = Object.getPrototypeOf(value);
  return proto === Object.prototype || proto === null;
}

function mergeInto(target, source, depth) {
  if (depth > 20) {
    throw new RangeError('settings are nested too deeply');
  }
  for (const [key, value] of Object.entries(source)) {
    if (BLOCKED.has(key)) {
      continue;
    }
    if (isPlain(value)) {
      const existing = Object.hasOwn(target, key) && isPlain(target[key]) ? target[key] : {};
      target[key] = mergeInto(existing, value, depth + 1);
    } else if (Array.isArray(value)) {
      target[key] = value.slice();
    } else {
      target[key] = value;
    }
  }
  return target;
}

function mergeSettings(...layers) {
  return layers.filter(isPlain).reduce((out, layer) => mergeInto(out, layer, 0), {});
}

module.exports = { mergeSettings };
