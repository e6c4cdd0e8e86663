package com.acme.usage;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.servlet.http.HttpServletRequest;
import org.hibernate.Session;
import org.hibernate.SessionFactory;
import org.hibernate.query.NativeQuery;
import org.springframework.security.access.annotation.Secured;
import org.springframework.stereotype.Controller;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.ResponseBody;

@Service
public class C016UsageQueryService {

    private static final Map<String, String> COLUMNS = Map.of(
            "tenant", "u.tenant_code",
            "plan", "u.plan_name",
            "region", "u.region");

    private final SessionFactory sessionFactory;

    public C016UsageQueryService(SessionFactory sessionFactory) {
        this.sessionFactory = sessionFactory;
    }

    @Transactional(readOnly = true)
    @SuppressWarnings("unchecked")
    public List<Object[]> find(Map<String, String> filters) {
        StringBuilder sb = new StringBuilder("select u.id, u.plan_name, u.units from usage_day u where 1 = 1");
        Map<String, String> params = new LinkedHashMap<>();
        int n = 0;
        for (Map.Entry<String, String> e : filters.entrySet()) {
            String column = COLUMNS.get(e.getKey());
            if (column == null) {
                continue;
            }
            String param = "p" + n++;
            sb.append(" and ").append(column).append(" = :").append(param);
            params.put(param, e.getValue());
        }
        sb.append(" order by u.id desc");

        Session session = sessionFactory.getCurrentSession();
        NativeQuery<Object[]> query = session.createNativeQuery(sb.toString());
        params.forEach(query::setParameter);
        return query.setMaxResults(250).list();
    }

    @Controller
    @Secured("ROLE_ANALYST")
    public static class UsageController {

        private final C016UsageQueryService service;

        public UsageController(C016UsageQueryService service) {
            this.service = service;
        }

        @GetMapping("/usage")
        @ResponseBody
        public List<Object[]> usage(HttpServletRequest request) {
            Map<String, String> filters = new LinkedHashMap<>();
            for (String name : COLUMNS.keySet()) {
                String value = request.getParameter(name);
                if (value != null) {
                    filters.put(name, value);
                }
            }
            return service.find(filters);
        }
    }
}
