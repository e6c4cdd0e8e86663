'use strict';

const SEGMENT = /[^.[\]]+/g;

function toPath(path) {
  if (Array.isArray(path)) {
    return path;
  }
  return String(path).match(SEGMENT) || [];
}

function get(object, path, fallback) {
  let current = object;
  for (const segment of toPath(path)) {
    if (current === null || current === undefined) {
      return fallback;
    }
    current = current[segment];
  }
  return current === undefined ? fallback : current;
}

function set(object, path, value) {
  const segments = toPath(path);
  let current = object;
  segments.forEach((segment, index) => {
    if (index === segments.length - 1) {
      current[segment] = value;
      return;
    }
    if (typeof current[segment] !== 'object' && typeof current[segment] !== 'function') {
      current[segment] = /^\d+$/.test(segments[index + 1]) ? [] : {};
    }
    current = current[segment];
  });
  return object;
}

function expand(flat) {
  return Object.entries(flat).reduce((out, [path, value]) => set(out, path, value), {});
}

module.exports = { get, set, expand };
