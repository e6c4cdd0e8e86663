import {
  BadRequestException,
  Controller,
  Logger,
  Param,
  ParseIntPipe,
  Post,
  UploadedFile,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { FileInterceptor } from '@nestjs/platform-express';
import { memoryStorage } from 'multer';
import { mkdir, writeFile } from 'fs/promises';
import * as path from 'path';
import { JwtAuthGuard } from '../auth/jwt-auth.guard';

interface UploadPart {
  originalname: string;
  mimetype: string;
  size: number;
  buffer: Buffer;
}

@UseGuards(JwtAuthGuard)
@Controller('tickets/:ticketId/attachments')
export class AttachmentsController {
  private readonly logger = new Logger(AttachmentsController.name);
  private readonly root = process.env.ATTACHMENT_DIR ?? '/var/lib/helpdesk/attachments';

  @Post()
  @UseInterceptors(
    FileInterceptor('file', { storage: memoryStorage(), limits: { fileSize: 5 * 1024 * 1024 }, preservePath: true }),
  )
  async upload(@Param('ticketId', ParseIntPipe) ticketId: number, @UploadedFile() file: UploadPart) {
    if (!file) {
      throw new BadRequestException('file is missing');
    }
    if (!/^(image|text)\//.test(file.mimetype)) {
      throw new BadRequestException('type not accepted');
    }
    const stored = await this.store(ticketId, file);
    this.logger.log(`ticket ${ticketId}: attachment of ${file.size} bytes stored`);
    return { stored: path.basename(stored), size: file.size };
  }

  private async store(ticketId: number, file: UploadPart): Promise<string> {
    const dir = path.join(this.root, String(ticketId));
    await mkdir(dir, { recursive: true });
    const target = [dir, file.originalname].join('/');
    await writeFile(target, file.buffer);
    return target;
  }
}
