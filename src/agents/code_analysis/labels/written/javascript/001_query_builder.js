'use strict';

const OPERATORS = new Map([
  ['eq', (a, b) => a === b],
  ['lt', (a, b) => a < b],
  ['gt', (a, b) => a > b],
  ['in', (a, list) => list.includes(a)],
  ['contains', (a, text) => String(a).toLowerCase().includes(String(text).toLowerCase())],
]);

class Query {
  constructor(rows) {
    this.rows = rows;
    this.conditions = [];
    this.sorting = null;
    this.count = Infinity;
  }

  where(field, operator, value) {
    const test = OPERATORS.get(operator);
    if (!test) {
      throw new RangeError(`unknown operator ${operator}`);
    }
    this.conditions.push((row) => Object.hasOwn(row, field) && test(row[field], value));
    return this;
  }

  orderBy(field, descending = false) {
    const sign = descending ? -1 : 1;
    this.sorting = (a, b) => {
      if (a[field] === b[field]) return 0;
      return a[field] < b[field] ? -sign : sign;
    };
    return this;
  }

  limit(count) {
    this.count = count;
    return this;
  }

  execute() {
    let result = this.rows.filter((row) => this.conditions.every((test) => test(row)));
    if (this.sorting) {
      result = [...result].sort(this.sorting);
    }
    return result.slice(0, this.count);
  }
}

module.exports = { Query, select: (rows) => new Query(rows) };
