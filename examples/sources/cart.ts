/** A shopping cart with discounts, as a web shop has it. */

export interface Item {
  readonly sku: string;
  readonly name: string;
  readonly cents: number;
  readonly tags: ReadonlySet<string>;
}

export type Discount =
  | { kind: 'percent'; percent: number; tag?: string }
  | { kind: 'fixed'; cents: number; minimum: number }
  | { kind: 'bundle'; skus: string[]; cents: number };

interface Line {
  item: Item;
  count: number;
}

export class Cart {
  private readonly lines = new Map<string, Line>();

  add(item: Item, count = 1): void {
    if (!Number.isInteger(count) || count < 1) {
      throw new RangeError(`a count of ${count} cannot be added`);
    }
    const line = this.lines.get(item.sku);
    if (line) {
      line.count += count;
    } else {
      this.lines.set(item.sku, { item, count });
    }
  }

  remove(sku: string, count = Infinity): void {
    const line = this.lines.get(sku);
    if (!line) return;
    line.count -= count;
    if (line.count <= 0) this.lines.delete(sku);
  }

  get subtotal(): number {
    let sum = 0;
    for (const { item, count } of this.lines.values()) sum += item.cents * count;
    return sum;
  }

  /** The discounts are taken in the given order; none makes the total negative. */
  total(discounts: readonly Discount[] = []): number {
    let total = this.subtotal;
    for (const discount of discounts) {
      switch (discount.kind) {
        case 'percent':
          for (const { item, count } of this.lines.values()) {
            if (discount.tag === undefined || item.tags.has(discount.tag)) {
              total -= Math.round((item.cents * count * discount.percent) / 100);
            }
          }
          break;
        case 'fixed':
          if (total >= discount.minimum) total -= discount.cents;
          break;
        case 'bundle': {
          const counts = discount.skus.map((sku) => this.lines.get(sku)?.count ?? 0);
          const bundles = Math.min(...counts);
          const single = discount.skus.reduce((sum, sku) => sum + (this.lines.get(sku)?.item.cents ?? 0), 0);
          if (bundles > 0 && single > discount.cents) total -= bundles * (single - discount.cents);
          break;
        }
      }
    }
    return Math.max(0, total);
  }

  toJSON(): Array<{ sku: string; count: number }> {
    return [...this.lines.values()].map(({ item, count }) => ({ sku: item.sku, count }));
  }
}

export const formatted = (cents: number, currency = 'EUR', locale = 'en'): string =>
  new Intl.NumberFormat(locale, { style: 'currency', currency }).format(cents / 100);
