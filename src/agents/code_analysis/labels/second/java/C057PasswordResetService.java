package com.acme.account.service;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Random;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.mail.SimpleMailMessage;
import org.springframework.mail.javamail.JavaMailSender;
import org.springframework.security.crypto.password.PasswordEncoder;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

@Service
public class C057PasswordResetService {

    private static final Logger LOG = LoggerFactory.getLogger(C057PasswordResetService.class);
    private static final String CHARS = "abcdefghijklmnopqrstuvwxyz0123456789";
    private static final int LENGTH = 32;
    private static final Duration VALIDITY = Duration.ofHours(2);

    private final ResetStore store;
    private final JavaMailSender mail;
    private final PasswordEncoder encoder;

    public C057PasswordResetService(ResetStore store, JavaMailSender mail, PasswordEncoder encoder) {
        this.store = store;
        this.mail = mail;
        this.encoder = encoder;
    }

    @Transactional
    public void request(String email) {
        Optional<Long> user = store.userByEmail(email);
        if (!user.isPresent()) {
            LOG.debug("reset for an unknown address");
            return;
        }
        String code = newCode();
        store.save(user.get(), code, Instant.now().plus(VALIDITY));
        SimpleMailMessage message = new SimpleMailMessage();
        message.setTo(email);
        message.setSubject("Reset your password");
        message.setText("https://account.acme.example/reset/" + code);
        mail.send(message);
    }

    @Transactional
    public boolean reset(String code, String password) {
        Optional<Long> user = store.consume(code, Instant.now());
        user.ifPresent(id -> store.setPassword(id, encoder.encode(password)));
        return user.isPresent();
    }

    private String newCode() {
        Random random = new Random(System.currentTimeMillis());
        StringBuilder sb = new StringBuilder(LENGTH);
        for (int i = 0; i < LENGTH; i++) {
            sb.append(CHARS.charAt(random.nextInt(CHARS.length())));
        }
        return sb.toString();
    }

    public interface ResetStore {
        Optional<Long> userByEmail(String email);

        void save(long userId, String code, Instant expires);

        Optional<Long> consume(String code, Instant now);

        void setPassword(long userId, String encoded);
    }
}
