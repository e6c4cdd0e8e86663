package com.acme.wizard;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import javax.servlet.Filter;
import javax.servlet.FilterChain;
import javax.servlet.FilterConfig;
import javax.servlet.ServletException;
import javax.servlet.ServletRequest;
import javax.servlet.ServletResponse;
import javax.servlet.annotation.WebFilter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

@WebFilter("/wizard/*")
public class C040WizardStateFilter implements Filter {

    private static final Logger LOG = LoggerFactory.getLogger(C040WizardStateFilter.class);
    private static final String ATTRIBUTE = "wizardState";

    public static class WizardState implements Serializable {
        private static final long serialVersionUID = 7L;

        private int step;
        private final Map<String, String> answers = new HashMap<>();

        public void answer(String question, String answer) {
            answers.put(question, answer);
            step++;
        }

        public int getStep() {
            return step;
        }

        public String encode() throws IOException {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
                out.writeObject(this);
            }
            return Base64.getUrlEncoder().encodeToString(bytes.toByteArray());
        }
    }

    @Override
    public void init(FilterConfig config) {
        LOG.debug("wizard filter ready");
    }

    @Override
    public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        WizardState state = null;
        String encoded = request.getParameter("_state");
        if (encoded != null) {
            state = decode(encoded);
        }
        request.setAttribute(ATTRIBUTE, state == null ? new WizardState() : state);
        chain.doFilter(request, response);
    }

    private WizardState decode(String encoded) {
        byte[] bytes = Base64.getUrlDecoder().decode(encoded);
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes))) {
            return (WizardState) in.readObject();
        } catch (IOException | ClassNotFoundException | ClassCastException e) {
            LOG.info("wizard state could not be read");
            return null;
        }
    }

    @Override
    public void destroy() {
    }
}
