package com.acme.audit;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.servlet.http.HttpServletRequest;
import org.hibernate.Session;
import org.hibernate.SessionFactory;
import org.hibernate.query.NativeQuery;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Controller;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseBody;

@Service
public class C038AuditQueryService {

    private static final Logger LOGGER = LoggerFactory.getLogger(C038AuditQueryService.class);

    private final SessionFactory sessionFactory;

    public C038AuditQueryService(SessionFactory sessionFactory) {
        this.sessionFactory = sessionFactory;
    }

    @Transactional(readOnly = true)
    @SuppressWarnings("unchecked")
    public List<Object[]> find(Map<String, String> filters, int max) {
        Session session = sessionFactory.getCurrentSession();
        String sql = select(filters);
        LOGGER.debug("audit query with {} filters", filters.size());
        NativeQuery<Object[]> query = session.createNativeQuery(sql);
        query.setMaxResults(max);
        return query.list();
    }

    private String select(Map<String, String> filters) {
        StringBuilder sb = new StringBuilder(200);
        sb.append("select a.id, a.action, a.actor, a.created from audit_log a where 1 = 1");
        for (Map.Entry<String, String> e : filters.entrySet()) {
            sb.append(" and a.").append(e.getKey()).append(" = '").append(e.getValue()).append('\'');
        }
        sb.append(" order by a.created desc");
        return sb.toString();
    }

    @Controller
    public static class AuditController {

        private final C038AuditQueryService service;

        public AuditController(C038AuditQueryService service) {
            this.service = service;
        }

        @RequestMapping("/audit")
        @ResponseBody
        public List<Object[]> audit(HttpServletRequest request) {
            Map<String, String> filters = new TreeMap<>();
            request.getParameterMap().forEach((name, values) -> {
                if (name.startsWith("f_") && values.length == 1) {
                    filters.put(name.substring(2), values[0]);
                }
            });
            return service.find(filters, 250);
        }
    }
}
