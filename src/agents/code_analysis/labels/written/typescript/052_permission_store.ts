import { readFileSync } from 'node:fs';
import { DOMParser } from '@xmldom/xmldom';
import * as xpath from 'xpath';
import express, { Request, Response } from 'express';

export class PermissionStore {
  private readonly document: Document;

  constructor(file: string) {
    this.document = new DOMParser().parseFromString(
      readFileSync(file, 'utf8'),
      'text/xml',
    ) as unknown as Document;
  }

  permissions(user: string, key: string): string[] {
    const expression = '//user[@name="' + user + '" and @key="' + key + '"]/permission';
    const nodes = xpath.select(expression, this.document) as Element[];
    return nodes.map((node) => node.textContent ?? '');
  }
}

const store = new PermissionStore(process.env.PERMISSIONS ?? 'permissions.xml');
const app = express();

app.get('/permissions', (req: Request, res: Response) => {
  const user = String(req.query.user ?? '');
  const key = String(req.header('x-api-key') ?? '');
  const found = store.permissions(user, key);
  if (found.length === 0) {
    res.sendStatus(403);
    return;
  }
  res.json({ user, permissions: found });
});

app.listen(3000);
