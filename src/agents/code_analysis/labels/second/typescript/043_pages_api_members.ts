import type { NextApiRequest, NextApiResponse } from 'next';
import { PrismaClient } from '@prisma/client';

const globalForPrisma = globalThis as unknown as { prisma?: PrismaClient };
const prisma = globalForPrisma.prisma ?? new PrismaClient();
if (process.env.NODE_ENV !== 'production') {
  globalForPrisma.prisma = prisma;
}

type MemberRow = {
  id: number;
  displayName: string;
  joinedAt: Date;
  posts: bigint;
};

type ErrorBody = { error: string };

function first(value: string | string[] | undefined, fallback: string): string {
  if (Array.isArray(value)) {
    return value[0] ?? fallback;
  }
  return value ?? fallback;
}

async function membersOf(team: string, since: Date): Promise<MemberRow[]> {
  const query = `
    SELECT m.id, m.display_name AS "displayName", m.joined_at AS "joinedAt", COUNT(p.id) AS posts
    FROM members m
    LEFT JOIN posts p ON p.author_id = m.id
    WHERE m.team_slug = '${team}' AND m.joined_at >= '${since.toISOString()}'
    GROUP BY m.id
    ORDER BY posts DESC`;
  return prisma.$queryRawUnsafe<MemberRow[]>(query);
}

export default async function handler(req: NextApiRequest, res: NextApiResponse<unknown[] | ErrorBody>) {
  if (req.method !== 'GET') {
    res.setHeader('Allow', 'GET');
    return res.status(405).json({ error: 'method not allowed' });
  }
  const team = first(req.query.team, 'general');
  const since = new Date(first(req.query.since, '2015-01-01'));
  if (Number.isNaN(since.getTime())) {
    return res.status(400).json({ error: 'bad date' });
  }
  try {
    const rows = await membersOf(team, since);
    return res.status(200).json(rows.map((r) => ({ ...r, posts: Number(r.posts) })));
  } catch (e) {
    console.error('members query failed', e);
    return res.status(500).json({ error: 'internal error' });
  }
}
