import type { NextApiRequest, NextApiResponse } from 'next';
import { getServerSession } from 'next-auth';
import { Prisma, PrismaClient } from '@prisma/client';
import { authOptions } from './auth/[...nextauth]';

const prisma = new PrismaClient();

interface Entry {
  userId: number;
  name: string;
  score: number;
}

async function leaderboard(season: string, minGames: number, onlyActive: boolean): Promise<Entry[]> {
  const active = onlyActive ? Prisma.sql`AND u.active = true` : Prisma.empty;
  return prisma.$queryRaw<Entry[]>`
    SELECT u.id AS "userId", u.name, SUM(g.points)::int AS score
    FROM games g
    JOIN users u ON u.id = g.user_id
    WHERE g.season = ${season} ${active}
    GROUP BY u.id, u.name
    HAVING COUNT(*) >= ${minGames}
    ORDER BY score DESC
    LIMIT 100`;
}

export default async function handler(req: NextApiRequest, res: NextApiResponse) {
  const session = await getServerSession(req, res, authOptions);
  if (!session) {
    return res.status(401).json({ error: 'unauthorized' });
  }
  if (req.method !== 'GET') {
    res.setHeader('Allow', 'GET');
    return res.status(405).end();
  }
  const season = typeof req.query.season === 'string' ? req.query.season : 'current';
  const minGames = Number.parseInt(String(req.query.min ?? '3'), 10);
  if (!Number.isInteger(minGames) || minGames < 0) {
    return res.status(400).json({ error: 'invalid parameter' });
  }
  try {
    const entries = await leaderboard(season, minGames, req.query.active === '1');
    res.setHeader('Cache-Control', 'private, max-age=30');
    return res.status(200).json({ entries });
  } catch (e) {
    console.error('leaderboard failed', e);
    return res.status(500).json({ error: 'internal error' });
  }
}
