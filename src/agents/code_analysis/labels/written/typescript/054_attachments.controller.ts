import { Controller, Get, NotFoundException, Param, ParseUUIDPipe, Req, StreamableFile, UseGuards } from '@nestjs/common';
import { createReadStream } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { join, relative, isAbsolute, sep } from 'node:path';
import type { Request } from 'express';
import { SessionGuard } from '../auth/session.guard';
import { AttachmentStore } from './attachment.store';

const ROOT = process.env.STORAGE_ROOT ?? '/srv/storage';

async function resolveInside(root: string, name: string): Promise<string> {
  const base = await realpath(root);
  const path = await realpath(join(base, name)).catch(() => null);
  if (path === null) {
    throw new NotFoundException();
  }
  const rest = relative(base, path);
  if (rest === '' || rest === '..' || rest.startsWith(`..${sep}`) || isAbsolute(rest)) {
    throw new NotFoundException();
  }
  return path;
}

@Controller('attachments')
@UseGuards(SessionGuard)
export class AttachmentsController {
  constructor(private readonly store: AttachmentStore) {}

  @Get(':id')
  async read(
    @Param('id', ParseUUIDPipe) id: string,
    @Req() request: Request & { userId: number },
  ): Promise<StreamableFile> {
    const attachment = await this.store.findOwned(id, request.userId);
    if (!attachment) {
      throw new NotFoundException();
    }
    const path = await resolveInside(ROOT, attachment.storedName);
    return new StreamableFile(createReadStream(path), {
      type: 'application/octet-stream',
      disposition: 'attachment',
    });
  }
}
