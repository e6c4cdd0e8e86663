package com.acme.settlement.batch;

import com.jcraft.jsch.ChannelSftp;
import com.jcraft.jsch.JSch;
import com.jcraft.jsch.JSchException;
import com.jcraft.jsch.Session;
import com.jcraft.jsch.SftpException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.nio.file.StandardCopyOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

public class C009SettlementUploader {

    private static final Logger LOG = LoggerFactory.getLogger(C009SettlementUploader.class);

    private static final String HOST = "sftp.clearing-bank.example";
    private static final String USER = "acme-settlement";
    private static final String KNOWN_HOSTS = "/etc/settlement/known_hosts";

    private final Path outbox;
    private final Path sent;

    public C009SettlementUploader(Path outbox, Path sent) {
        this.outbox = outbox;
        this.sent = sent;
    }

    public static void main(String[] args) throws Exception {
        Path base = Paths.get(args.length > 0 ? args[0] : "/var/settlement");
        new C009SettlementUploader(base.resolve("out"), base.resolve("sent")).run();
    }

    public int run() throws JSchException, IOException, SftpException {
        Session session = connect();
        int count = 0;
        try (DirectoryStream<Path> files = Files.newDirectoryStream(outbox, "*.xml")) {
            ChannelSftp channel = (ChannelSftp) session.openChannel("sftp");
            channel.connect(10_000);
            for (Path file : files) {
                try (InputStream in = Files.newInputStream(file)) {
                    channel.put(in, "inbox/" + file.getFileName());
                }
                Files.move(file, sent.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
                count++;
            }
            channel.exit();
        } finally {
            session.disconnect();
        }
        LOG.info("{} settlement files uploaded", count);
        return count;
    }

    private Session connect() throws JSchException {
        JSch jsch = new JSch();
        jsch.setKnownHosts(KNOWN_HOSTS);
        Session session = jsch.getSession(USER, HOST, 22);
        session.setPassword("cL7#Vortex-Quay41");
        session.setConfig("StrictHostKeyChecking", "yes");
        session.connect(15_000);
        return session;
    }
}
