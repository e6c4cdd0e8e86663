import { BadRequestException, Body, Controller, Injectable, Logger, Post } from '@nestjs/common';
import { execSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export class MirrorDto {
  url!: string;
  branch?: string;
}

interface MirrorResult {
  commit: string;
  files: number;
}

@Injectable()
export class RepoMirrorService {
  private readonly log = new Logger(RepoMirrorService.name);

  mirror(dto: MirrorDto): MirrorResult {
    const dir = mkdtempSync(join(tmpdir(), 'mirror-'));
    try {
      this.git(['clone', '--depth', '1', '--branch', dto.branch ?? 'main', dto.url, dir]);
      const commit = this.git(['-C', dir, 'rev-parse', 'HEAD']).trim();
      const files = this.git(['-C', dir, 'ls-files']).split('\n').filter(Boolean).length;
      this.log.log(`mirrored at ${commit}, ${files} files`);
      return { commit, files };
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  }

  private git(args: string[]): string {
    const command = 'git ' + args.join(' ');
    return execSync(command, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  }
}

@Controller('mirrors')
export class RepoMirrorController {
  constructor(private readonly mirrors: RepoMirrorService) {}

  @Post()
  create(@Body() dto: MirrorDto): MirrorResult {
    if (!dto.url || !dto.url.startsWith('https://')) {
      throw new BadRequestException('https url expected');
    }
    return this.mirrors.mirror(dto);
  }
}
