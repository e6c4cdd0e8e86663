/**
 * Reads dates as people write them and says how far away they are.
 */
'use strict';

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAY = 24 * 60 * 60 * 1000;

var cache = new Map();

function parse(text, now = new Date()) {
  const key = text + '|' + now.toDateString();
  if (cache.has(key)) return cache.get(key);
  const words = text.trim().toLowerCase().split(/[\s,]+/);
  let result = null;
  if (words.length == 1) {
    if (words[0] === 'today') {
      result = startOfDay(now);
    } else if (words[0] === 'tomorrow') {
      result = new Date(startOfDay(now).getTime() + DAY);
    } else if (words[0] === 'yesterday') {
      result = new Date(startOfDay(now).getTime() - DAY);
    } else if (/^\d{4}-\d{2}-\d{2}$/.test(words[0])) {
      const [year, month, day] = words[0].split('-').map(Number);
      result = new Date(year, month - 1, day);
    }
  } else if (words.length >= 2) {
    const place = words.findIndex((word) => MONTHS.includes(word.slice(0, 3)));
    if (place >= 0) {
      const month = MONTHS.indexOf(words[place].slice(0, 3));
      const numbers = words.filter((_, index) => index !== place).map((word) => parseInt(word, 10));
      if (numbers.length > 0 && numbers.every((number) => !Number.isNaN(number))) {
        const year = numbers.find((number) => number > 31) ?? now.getFullYear();
        const day = numbers.find((number) => number <= 31);
        result = day ? new Date(year, month, day) : null;
      }
    } else if (words[0] === 'in' && words.length === 3) {
      result = later(now, Number(words[1]), words[2]);
    }
  }
  cache.set(key, result);
  return result;
}

function later(now, count, unit) {
  switch (unit.replace(/s$/, '')) {
    case 'day':
      return new Date(startOfDay(now).getTime() + count * DAY);
    case 'week':
      return new Date(startOfDay(now).getTime() + count * 7 * DAY);
    case 'month': {
      const date = startOfDay(now);
      date.setMonth(date.getMonth() + count);
      return date;
    }
    default:
      return null;
  }
}

const startOfDay = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate());

class Reminder {
  constructor(title, when) {
    this.title = title;
    this.when = when;
  }

  get overdue() {
    return this.when !== null && this.when < new Date();
  }

  static fromText(line) {
    const [title, when] = line.split('@');
    try {
      return new Reminder(title.trim(), parse(when));
    } catch (error) {
    }
    return null;
  }
}

module.exports = { parse, later, Reminder };
