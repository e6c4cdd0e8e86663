import Database from 'better-sqlite3';
import express, { Request, Response } from 'express';

interface Part {
  id: number;
  name: string;
  stock: number;
}

class PartDao {
  constructor(private readonly db: Database.Database) {}

  find(ids: string): Part[] {
    const list = ids.endsWith(',') ? ids.slice(0, -1) : ids;
    return this.db
      .prepare(`SELECT id, name, stock FROM parts WHERE id IN (${list})`)
      .all() as Part[];
  }

  setStock(id: number, stock: number): void {
    this.db.prepare('UPDATE parts SET stock = ? WHERE id = ?').run(stock, id);
  }
}

const app = express();
const dao = new PartDao(new Database(process.env.PARTS_DB ?? 'parts.db'));

app.get('/parts', (req: Request, res: Response) => {
  const { ids } = req.query;
  if (typeof ids !== 'string' || ids.length > 2000) {
    res.status(400).json({ error: 'ids must be a comma separated list' });
    return;
  }
  res.json(dao.find(ids));
});

app.listen(Number(process.env.PORT ?? 3000));
