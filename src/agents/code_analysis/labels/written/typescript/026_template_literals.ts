export type Plural = { one: string; other: string };
export type Message = string | Plural;
export type Catalogue = Readonly<Record<string, Message>>;

export interface Translator {
  (key: string, values?: Record<string, string | number>): string;
}

const SLOT = /\{(\w{1,32})\}/g;

function pick(message: Message, rules: Intl.PluralRules, count: number): string {
  if (typeof message === 'string') {
    return message;
  }
  return rules.select(count) === 'one' ? message.one : message.other;
}

export function translator(locale: string, catalogue: Catalogue): Translator {
  const rules = new Intl.PluralRules(locale);
  const numbers = new Intl.NumberFormat(locale);

  return (key, values = {}) => {
    if (!Object.hasOwn(catalogue, key)) {
      return key;
    }
    const template = pick(catalogue[key], rules, Number(values.count ?? 0));
    return template.replace(SLOT, (slot, name: string) => {
      if (!Object.hasOwn(values, name)) {
        return slot;
      }
      const value = values[name];
      return typeof value === 'number' ? numbers.format(value) : value;
    });
  };
}

export const english: Catalogue = {
  'password.changed': 'Your password was changed on {day}.',
  'session.count': { one: 'You have {count} open session.', other: 'You have {count} open sessions.' },
  'redirect.notice': 'You will be taken to {page} in a moment.',
};
