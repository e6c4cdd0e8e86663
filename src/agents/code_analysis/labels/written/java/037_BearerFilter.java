package com.acme.gateway;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.Base64;
import javax.servlet.FilterChain;
import javax.servlet.ServletException;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.springframework.web.filter.OncePerRequestFilter;

public class BearerFilter extends OncePerRequestFilter {

    private final ObjectMapper mapper = new ObjectMapper();

    private JsonNode claims(String token) throws IOException {
        String[] parts = token.split("\\.", 4);
        if (parts.length != 3) {
            throw new IOException("malformed token");
        }
        return mapper.readTree(Base64.getUrlDecoder().decode(parts[1]));
    }

    @Override
    protected void doFilterInternal(HttpServletRequest req, HttpServletResponse resp, FilterChain chain)
            throws IOException, ServletException {
        String header = req.getHeader("Authorization");
        if (header == null || !header.startsWith("Bearer ")) {
            resp.sendError(HttpServletResponse.SC_UNAUTHORIZED);
            return;
        }
        JsonNode claims = claims(header.substring(7));
        if (claims.path("exp").asLong() * 1000 < System.currentTimeMillis()) {
            resp.sendError(HttpServletResponse.SC_UNAUTHORIZED);
            return;
        }
        req.setAttribute("user", claims.path("sub").asText());
        req.setAttribute("roles", claims.path("roles"));
        chain.doFilter(req, resp);
    }
}
