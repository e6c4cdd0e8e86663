import { Router, Request, Response, NextFunction } from 'express';
import { PrismaClient } from '@prisma/client';
import { requireMember } from '../middleware/session';

const prisma = new PrismaClient();
export const accountRouter = Router();

// model Member { id Int, email String, name String, locale String, role String, verified Boolean }

type Handler = (req: Request, res: Response) => Promise<void>;

const wrap =
  (handler: Handler) =>
  (req: Request, res: Response, next: NextFunction): void => {
    handler(req, res).catch(next);
  };

accountRouter.get(
  '/account',
  requireMember,
  wrap(async (req, res) => {
    const member = await prisma.member.findUniqueOrThrow({
      where: { id: req.memberId },
      select: { id: true, email: true, name: true, locale: true },
    });
    res.json(member);
  }),
);

accountRouter.patch(
  '/account',
  requireMember,
  wrap(async (req, res) => {
    const changes = { ...req.body, updatedAt: new Date() };
    const member = await prisma.member.update({
      where: { id: req.memberId },
      data: changes,
      select: { id: true, email: true, name: true, locale: true },
    });
    res.json(member);
  }),
);
