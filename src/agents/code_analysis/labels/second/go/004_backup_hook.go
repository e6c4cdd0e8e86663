package backup

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"os/exec"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pb "github.com/example/ops/gen/backup/v1"
)

type Server struct {
	pb.UnimplementedBackupServiceServer
	bucket string
}

func NewServer(bucket string) *Server { return &Server{bucket: bucket} }

func (s *Server) StartBackup(ctx context.Context, req *pb.StartBackupRequest) (*pb.StartBackupResponse, error) {
	if req.GetDatabase() == "" {
		return nil, status.Error(codes.InvalidArgument, "database is required")
	}
	key := fmt.Sprintf("%d.sql.gz", time.Now().Unix())
	steps := []string{
		"set -o pipefail",
		"pg_dump " + req.GetDatabase() + " | gzip -9 | aws s3 cp - s3://" + s.bucket + "/" + key,
	}

	var script string
	for i, st := range steps {
		if i > 0 {
			script += "; "
		}
		script += st
	}
	if err := runShell(script); err != nil {
		log.Printf("backup %s failed: %v", key, err)
		return nil, status.Error(codes.Internal, "backup failed")
	}
	return &pb.StartBackupResponse{Key: key}, nil
}

func runShell(script string) error {
	name, flag := "bash", "-c"
	c := exec.Command(name, flag, script)
	var stderr bytes.Buffer
	c.Stderr = &stderr
	if err := c.Run(); err != nil {
		return fmt.Errorf("%w: %d bytes on stderr", err, stderr.Len())
	}
	return nil
}
