import pg from 'pg';

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL });

const FILTERS = new Map([
  ['room', 'b.room_id = '],
  ['guest', 'g.email = '],
  ['from', 'b.starts_at >= '],
  ['until', 'b.ends_at < '],
]);

const SORTS = Object.freeze({
  start: 'b.starts_at',
  room: 'b.room_id',
  guest: 'g.last_name, g.first_name',
});

export class QueryBuilder {
  constructor(base) {
    this.base = base;
    this.conditions = [];
    this.values = [];
  }

  where(fragment, value) {
    this.values.push(value);
    this.conditions.push(`${fragment}$${this.values.length}`);
    return this;
  }

  build(order, limit) {
    let text = this.base;
    if (this.conditions.length > 0) {
      text += ` WHERE ${this.conditions.join(' AND ')}`;
    }
    text += ` ORDER BY ${order} LIMIT ${limit}`;
    return { text, values: this.values };
  }
}

export function bookingQuery(params) {
  const builder = new QueryBuilder(
    'SELECT b.id, b.room_id, b.starts_at, b.ends_at, g.email ' +
      'FROM bookings b JOIN guests g ON g.id = b.guest_id'
  );
  for (const [name, fragment] of FILTERS) {
    const value = params.get(name);
    if (value !== null) {
      builder.where(fragment, value);
    }
  }
  const sort = params.get('sort');
  const order = Object.hasOwn(SORTS, sort ?? '') ? SORTS[sort] : SORTS.start;
  const limit = Math.min(Number.parseInt(params.get('limit') ?? '50', 10) || 50, 500);
  return builder.build(order, limit);
}

export async function listBookings(searchParams) {
  const { rows } = await pool.query(bookingQuery(searchParams));
  return rows;
}

export async function cancelBooking(id, guestId) {
  const { rowCount } = await pool.query(
    'UPDATE bookings SET cancelled_at = now() WHERE id = $1 AND guest_id = $2',
    [id, guestId]
  );
  return rowCount === 1;
}
