export type Scalar = string | number | boolean | null;

export type Condition =
  | { op: 'all' | 'any'; conditions: Condition[] }
  | { op: 'eq' | 'lt' | 'gt'; field: string; value: Scalar }
  | { op: 'oneOf'; field: string; values: Scalar[] };

export type Row = ReadonlyMap<string, Scalar>;

const MAX_DEPTH = 10;

function compare(left: Scalar | undefined, right: Scalar): number | null {
  if (typeof left === 'number' && typeof right === 'number') {
    return left - right;
  }
  if (typeof left === 'string' && typeof right === 'string') {
    return left < right ? -1 : left > right ? 1 : 0;
  }
  return null;
}

export function evaluate(condition: Condition, row: Row, depth = 0): boolean {
  if (depth > MAX_DEPTH) {
    throw new RangeError('conditions are nested too deeply');
  }
  switch (condition.op) {
    case 'all':
      return condition.conditions.every((inner) => evaluate(inner, row, depth + 1));
    case 'any':
      return condition.conditions.some((inner) => evaluate(inner, row, depth + 1));
    case 'eq':
      return row.get(condition.field) === condition.value;
    case 'lt': {
      const order = compare(row.get(condition.field), condition.value);
      return order !== null && order < 0;
    }
    case 'gt': {
      const order = compare(row.get(condition.field), condition.value);
      return order !== null && order > 0;
    }
    case 'oneOf':
      return condition.values.includes(row.get(condition.field) ?? null);
    default:
      return false;
  }
}
